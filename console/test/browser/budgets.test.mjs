// What a first visit downloads: the budgets of the pages, compressed as the server sends them.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { it } from "node:test";
import { gzipSync } from "node:zlib";

const dist = fileURLToPath(new URL("../../dist", import.meta.url));
const KB = 1024;
const BUDGETS = { app: { script: 190 * KB, lazy: 60 * KB, style: 15 * KB }, sim: { script: 110 * KB, lazy: 60 * KB, style: 15 * KB }, widget: { script: 20 * KB, lazy: 20 * KB, style: 15 * KB } };

for (const [app, budget] of Object.entries(BUDGETS)) {
  it(`${app} stays within its budget`, () => {
    const page = readFileSync(join(dist, app, "index.html"), "utf8");
    const folder = join(dist, app, "assets");
    for (const name of readdirSync(folder)) {
      if (!statSync(join(folder, name)).isFile() || !/\.(js|css)$/.test(name)) continue;
      const size = gzipSync(readFileSync(join(folder, name)), { level: 9 }).length;
      const first = page.includes(name);
      const most = name.endsWith(".css") ? budget.style : first ? budget.script : budget.lazy;
      assert.ok(size <= most, `${name} is ${Math.round(size / KB)} kB of ${Math.round(most / KB)} kB`);
    }
  });
}

it("the widget's loader stays under 2 kB", () => {
  const size = gzipSync(readFileSync(join(dist, "widget", "loader.js")), { level: 9 }).length;
  assert.ok(size < 2 * KB, `${size} bytes`);
});
