// The console's budgets, measured in a real browser against a demo server whose inbox is made up: 10,000 conversations.
// Prints a table and writes target/bench/console.json. `--soak MINUTES` watches the heap under 20 events a second;
// `--strict` ends with 1 when a budget was missed.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Browser, Server, caller, enter } from "../test/browser/harness.mjs";
import { MadeUpInbox } from "../test/browser/made-up-inbox.mjs";
import { Relay } from "./relay.mjs";

const CONVERSATIONS = 10_000;
const PAGE = 500;
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const results = [];

function report(what, measured, unit, budget) {
  const over = budget !== null && measured > budget;
  results.push({ what, measured, unit, budget, over });
  const shown = `${Math.round(measured * 10) / 10} ${unit}`;
  console.log(`${over ? "OVER" : "  ok"}  ${what.padEnd(58)} ${shown.padStart(12)}${budget === null ? "" : `   of ${budget} ${unit}`}`);
}

const at = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))] ?? 0;

function sizes() {
  const kb = (path) => gzipSync(readFileSync(path), { level: 9 }).length / 1024;
  const page = readFileSync(join(dist, "app/index.html"), "utf8");
  const assets = readdirSync(join(dist, "app/assets")).filter((name) => /\.(js|css)$/.test(name));
  const sum = (names) => names.reduce((total, name) => total + kb(join(dist, "app/assets", name)), 0);
  report("console: script of the first load, gzip", sum(assets.filter((name) => name.endsWith(".js") && page.includes(name))), "kB", 190);
  report("console: largest script loaded later, gzip", Math.max(...assets.filter((name) => name.endsWith(".js") && !page.includes(name)).map((name) => sum([name]))), "kB", 60);
  report("console: styles, gzip", sum(assets.filter((name) => name.endsWith(".css") && page.includes(name))), "kB", 15);
  report("widget: loader, gzip", kb(join(dist, "widget/loader.js")), "kB", 2);
}

/** Scrolls the list for a while and tells how long each frame took. */
function scroll(page, milliseconds) {
  return page.evaluate(
    (until) =>
      new Promise((resolve) => {
        const list = document.querySelector("[data-list]");
        const frames = [];
        let rows = 0;
        let step = 60;
        const start = performance.now();
        let last = start;
        const frame = (now) => {
          frames.push(now - last);
          last = now;
          list.scrollTop += step;
          if (list.scrollTop + list.clientHeight >= list.scrollHeight - 4 || list.scrollTop === 0) step = -step;
          rows = Math.max(rows, list.querySelectorAll("[role=listitem]").length);
          if (now - start < until) requestAnimationFrame(frame);
          else resolve({ frames: frames.slice(2), rows });
        };
        requestAnimationFrame(frame);
      }),
    milliseconds,
  );
}

/** Sends so many events a second, spread evenly, until it is told to stop. */
function stream(send, inbox, perSecond) {
  const every = 1000 / perSecond;
  let next = performance.now();
  const timer = setInterval(() => {
    for (; next <= performance.now(); next += every) send(inbox.frame(Math.floor(Math.random() * CONVERSATIONS), `Something new at ${Date.now()}`));
  }, 5);
  return () => clearInterval(timer);
}

/** From a frame leaving here until it is painted, with so many a second; each probe comes to the top of the list. */
async function eventToPaint(page, send, inbox, perSecond, seconds) {
  await page.evaluate(() => {
    document.querySelector("[data-list]").scrollTop = 0;
    globalThis.painted = [];
    const seen = new Set();
    globalThis.watcher = new MutationObserver(() => {
      for (const row of document.querySelectorAll("[data-list] [role=listitem]")) {
        const probe = /probe ([\d.]+)/.exec(row.textContent)?.[1];
        if (probe === undefined || seen.has(probe)) continue;
        seen.add(probe);
        // The frame that shows it has been painted when the next one begins.
        requestAnimationFrame(() => setTimeout(() => globalThis.painted.push(performance.timeOrigin + performance.now() - Number(probe)), 0));
      }
    });
    globalThis.watcher.observe(document.querySelector("[data-list]"), { subtree: true, childList: true, characterData: true });
  });
  const stop = stream(send, inbox, perSecond);
  for (let probe = 0; probe < seconds * 5; probe += 1) {
    send(inbox.frame(probe % 20, `probe ${performance.timeOrigin + performance.now()}`));
    await pause(200);
  }
  stop();
  await pause(500);
  return page.evaluate(() => (globalThis.watcher.disconnect(), globalThis.painted));
}

/** What the page's thread has worked since, in milliseconds of processor time: true on a machine that does other things too. */
async function worked(session) {
  const { metrics } = await session.send("Performance.getMetrics");
  const of = (name) => metrics.find((one) => one.name === name).value * 1000;
  return { all: of("TaskDuration"), script: of("ScriptDuration"), layout: of("LayoutDuration") + of("RecalcStyleDuration") };
}

async function heap(session) {
  await session.send("HeapProfiler.collectGarbage");
  const { metrics } = await session.send("Performance.getMetrics");
  return metrics.find((one) => one.name === "JSHeapUsedSize").value / 1024 / 1024;
}

/** How long it takes from a key until something is painted. */
async function untilPainted(page, keys, selector) {
  await page.evaluate((wanted) => {
    globalThis.shown = new Promise((resolve) => {
      addEventListener("keydown", () => {
        const start = performance.now();
        const look = () => (document.querySelector(wanted) === null ? requestAnimationFrame(look) : setTimeout(() => resolve(performance.now() - start), 0));
        requestAnimationFrame(look);
      }, { once: true, capture: true });
    });
  }, selector);
  await page.keyboard.press(keys);
  return page.evaluate(() => globalThis.shown);
}

/** Nothing here takes longer: a bench that hangs says so and ends. */
const LONGEST_MS = 10 * 60_000;
const soak = process.argv.includes("--soak") ? Number(process.argv[process.argv.indexOf("--soak") + 1]) : 0;
const watchdog = setTimeout(() => {
  console.error("the bench did not come to its end in time");
  process.exit(1);
}, LONGEST_MS + soak * 75_000);
sizes();
const inbox = new MadeUpInbox(CONVERSATIONS, PAGE);
const server = await Server.start();
const relay = await Relay.start(server, inbox);
const through = Object.assign(Object.create(server), { url: relay.url });
const browser = await Browser.start();
try {
  const context = await browser.profile();
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await enter(page, through, "supervisor", "/app/settings");
  const { user } = await (await caller(server, "supervisor"))("/api/v1/me");
  // A text message: Enter sends it, and no window closes.
  Object.assign(inbox.rows[1], { assigned_to: { id: user.id, name: user.full_name }, status: "assigned" });
  const send = (frame) => relay.send(frame);
  const cold = Date.now();
  await page.goto(`${relay.url}/app/inbox/all`);
  await page.locator("[data-conversation]").first().waitFor();
  report("first row visible, cold", Date.now() - cold, "ms", 1000);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0);
  report("first paint, cold", paint, "ms", 1000);
  await page.locator("[data-connection=live]").waitFor({ state: "attached" });

  const whole = page.locator(`[data-list] [aria-setsize="${CONVERSATIONS}"]`).first();
  const end = page.waitForFunction(
    (count) => {
      const list = document.querySelector("[data-list]");
      list.scrollTop = list.scrollHeight;
      return list.querySelector(`[aria-setsize="${count}"]`) !== null;
    },
    CONVERSATIONS,
    { polling: 50, timeout: 60_000 },
  );
  const loading = Date.now();
  await end;
  await whole.waitFor();
  report(`all ${CONVERSATIONS.toLocaleString("en")} rows loaded, in pages of ${PAGE}`, (Date.now() - loading) / 1000, "s", null);
  await page.evaluate(() => (document.querySelector("[data-list]").scrollTop = 0));

  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  const still = await scroll(page, 5_000);
  report("scrolling, nothing arrives: frame, p95", at(still.frames, 0.95), "ms", 20);
  const stop = stream(send, inbox, 100);
  const atFirst = await worked(session);
  const busy = await scroll(page, 8_000);
  const atLast = await worked(session);
  stop();
  report("scrolling, 100 events a second: work a second, all", (atLast.all - atFirst.all) / 8, "ms", null);
  report("  of it script", (atLast.script - atFirst.script) / 8, "ms", null);
  report("  of it style and layout", (atLast.layout - atFirst.layout) / 8, "ms", null);
  report("scrolling, 100 events a second: frame, p95", at(busy.frames, 0.95), "ms", 20);
  report("scrolling, 100 events a second: longest frame", Math.max(...busy.frames), "ms", 50);
  report("scrolling: rows in the document", busy.rows, "rows", 60);
  for (const [perSecond, budget] of [[20, 100], [200, 150]]) {
    const painted = await eventToPaint(page, send, inbox, perSecond, 8);
    report(`event to painted, ${perSecond} a second: p50`, at(painted, 0.5), "ms", null);
    report(`event to painted, ${perSecond} a second: p95`, at(painted, 0.95), "ms", budget);
  }

  await page.evaluate(() => (document.querySelector("[data-list]").scrollTop = 0));
  send(inbox.frame(1, "The one that is opened"));
  await page.locator("[data-conversation]", { hasText: "The one that is opened" }).waitFor();
  const opening = Date.now();
  await page.locator("[data-conversation]", { hasText: "The one that is opened" }).click();
  await page.locator("[data-message]").last().waitFor();
  report("thread of 5,000 messages opened, its newest page", Date.now() - opening, "ms", 600);
  await page.locator("#composer").fill("As fast as you type");
  report("key press to bubble", await untilPainted(page, "Enter", "[data-client-message], [data-message][data-status=pending]"), "ms", 50);
  report("palette opens, the first time", await untilPainted(page, "Control+k", "[role=dialog] input"), "ms", 100);
  await page.keyboard.press("Escape");
  await page.locator("[role=dialog]").waitFor({ state: "detached" });

  const before = await heap(session);
  report("heap with all rows, after the traffic above", before, "MB", 80);
  if (soak > 0) {
    const figures = [before];
    const finish = stream(send, inbox, 20);
    for (let minute = 1; minute <= soak; minute += 1) {
      await pause(60_000);
      figures.push(await heap(session));
      console.log(`      heap after ${minute} min of 20 events a second: ${figures.at(-1).toFixed(1)} MB`);
    }
    finish();
    const half = figures.slice(Math.floor(figures.length / 2));
    report(`heap after ${soak} min of 20 events a second`, figures.at(-1), "MB", 80);
    report("its growth over the second half", half.at(-1) - half[0], "MB", 3);
  }
} finally {
  clearTimeout(watchdog);
  await browser.stop();
  await relay.stop();
  await server.stop();
}
const folder = fileURLToPath(new URL("../../target/bench/", import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "console.json"), `${JSON.stringify(results, null, 2)}\n`);
if (process.argv.includes("--strict") && results.some((one) => one.over)) process.exitCode = 1;
