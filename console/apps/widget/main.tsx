/** @jsxImportSource preact */
import { render } from "preact";
import { App } from "./app";
import { shown, start } from "./chat";
import { listen, tell, type Person } from "./host";
import { setLanguage } from "./language";
import "./styles.css";

const root = document.getElementById("root");
if (root === null) throw new Error("the page has no root element");
render(<App />, root);

if (window.parent === window) {
  // Opened on its own, as a page.
  start(null);
  shown(true);
} else {
  let person: Person | null = null;
  listen((word) => {
    if (word.lang !== undefined) setLanguage(word.lang);
    if (word.person !== undefined) person = word.person;
    start(person);
    if (word.open !== undefined) shown(word.open);
    if (word.open === true) document.querySelector("textarea")?.focus();
  });
  tell({ hub: "ready" });
}
