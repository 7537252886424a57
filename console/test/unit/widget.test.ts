// What of a text the widget makes into links, and what it says in which language.
import { expect, it } from "vitest";
import { parts } from "../../apps/widget/links";
import { fill, textsOf } from "../../apps/widget/texts";

const links = (text: string) => parts(text).flatMap((part) => (part.href === null ? [] : [part.href]));

it("links whole http addresses and leaves the full stop outside", () => {
  expect(links("See https://www.example.test/a?b=c, or http://example.test.")).toEqual(["https://www.example.test/a?b=c", "http://example.test/"]);
  expect(
    parts("See https://www.example.test/a.")
      .map((part) => part.text)
      .join(""),
  ).toBe("See https://www.example.test/a.");
});

it("links nothing that runs, or that passes for another host", () => {
  for (const text of ["javascript:alert(1)", "data:text/html,x", "https://bank.example@evil.example/", 'https://a.test"onmouseover=alert(1)"x@evil.test/']) {
    expect(links(text).filter((href) => !href.startsWith("https://a.test/"))).toEqual([]);
  }
});

it("says the same things in every language", () => {
  const keys = Object.keys(textsOf("en")).sort();
  for (const language of ["fr", "es"]) {
    expect(Object.keys(textsOf(language)).sort()).toEqual(keys);
    expect(textsOf(language)).not.toEqual(textsOf("en"));
  }
  expect(textsOf("de")).toBe(textsOf("en"));
  expect(fill("{name} is typing", "name", "$& <b>")).toBe("$& <b> is typing");
});
