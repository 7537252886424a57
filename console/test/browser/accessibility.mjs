// What axe finds on a page that has come to rest: a dialog that is still fading in has the contrast of neither state.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const axeSource = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const EVERYTHING = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
/** What can differ between two themes of the same page. */
export const COLORS = { type: "rule", values: ["color-contrast", "link-in-text-block"] };

/** Fails with what axe finds serious or critical under WCAG 2.2 AA; `where` names the page in the failure. */
export async function expectAccessible(page, where, rules = EVERYTHING) {
  await atRest(page);
  if (!(await page.evaluate(() => "axe" in globalThis))) await page.evaluate(axeSource);
  const { violations } = await page.evaluate((runOnly) => globalThis.axe.run(document, { runOnly, resultTypes: ["violations"] }), rules);
  const serious = violations
    .filter((violation) => violation.impact === "serious" || violation.impact === "critical")
    .map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(serious, [], where);
}

/** Waits until what was just shown has been laid out and its transitions are over. */
export async function atRest(page) {
  await page.evaluate(async () => {
    const frame = () => new Promise((resolve) => requestAnimationFrame(resolve));
    const moving = () =>
      document.getAnimations().filter((one) => one.playState === "running" && one.effect?.getComputedTiming().iterations !== Infinity);
    await frame();
    await frame();
    for (let rest = moving(); rest.length > 0; rest = moving()) await Promise.allSettled(rest.map((one) => one.finished));
  });
}
