// The folders keep their distance: an app never reaches into another one, and lib knows no app.
import { readdirSync, readFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const sources = ["apps", "lib"].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((path) => /\.tsx?$/.test(path) && !path.endsWith(".d.ts"))
    .map((path) => join(folder, path)),
);

it("has no import from one app into another, nor from lib into an app", () => {
  const wrong = sources.flatMap((path) => {
    const own = path.startsWith("apps/") ? path.split("/").slice(0, 2).join("/") : "lib";
    const text = readFileSync(join(root, path), "utf8");
    return [...text.matchAll(/from "(\.[^"]+)"/g)]
      .map((match) => relative(root, resolve(root, path, "..", match[1] ?? "")))
      .filter((target) => !target.startsWith(own) && !target.startsWith("lib/"))
      .map((target) => `${path} imports ${target}`);
  });
  expect(wrong).toEqual([]);
});

it("has no file that wants to be two", () => {
  const long = sources.filter((path) => !path.startsWith("lib/i18n/") && readFileSync(join(root, path), "utf8").split("\n").length > 400);
  expect(long).toEqual([]);
});
