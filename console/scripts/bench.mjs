// The console's budgets, measured in a real browser against a demo server whose inbox is made up: 10,000 conversations.
// Prints a table and writes target/bench/console.json. `--soak MINUTES` watches the heap under 20 events a second;
// `--strict` ends with 1 when a budget was missed.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { cpus, loadavg } from "node:os";
import { join, relative } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { Browser, Server, caller, enter } from "../test/browser/harness.mjs";
import { MadeUpInbox } from "../test/browser/made-up-inbox.mjs";
import * as inPage from "./in-page.mjs";
import { Relay } from "./relay.mjs";

const CONVERSATIONS = 10_000;
const PAGE = 500;
/** How often what is over in a moment is tried. */
const TIMES = 5;
/** What a probe counts that was pushed out of sight before it was drawn. */
const NEVER_MS = 10_000;
const dist = fileURLToPath(new URL("../dist/", import.meta.url));
const results = [];

function report(what, measured, unit, budget) {
  const over = budget !== null && measured > budget;
  results.push({ what, measured, unit, budget, over });
  const shown = `${Math.round(measured * 10) / 10} ${unit}`;
  console.log(`${over ? "OVER" : "  ok"}  ${what.padEnd(66)} ${shown.padStart(10)}${budget === null ? "" : `   of ${budget} ${unit}`}`);
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

/** Says what is measured, on what; and refuses a server that serves other pages than those whose sizes stand above. */
async function introduce(server, browser) {
  const served = await (await fetch(`${server.url}/app/`)).text();
  if (served !== readFileSync(join(dist, "app/index.html"), "utf8")) throw new Error("the server serves other pages than console/dist: build it anew");
  const binary = process.env.PATCHBAY_URL ?? relative(fileURLToPath(new URL("../..", import.meta.url)), process.env.PATCHBAY_BIN);
  console.log(`      server ${binary}; Chromium ${browser.browser.version()}, headless, drawn without a graphics card; ${cpus().length} processors, load ${load()}`);
  console.log(`      lists and events are made up by a relay before the server; "painted" is when the page's thread has drawn the frame`);
}

const load = () => loadavg()[0].toFixed(1);

/** Sends so many events a second, spread evenly, until it is told to stop; stopped, it tells how many they were. */
function stream(send, inbox, perSecond) {
  const every = 1000 / perSecond;
  let next = performance.now();
  let sent = 0;
  const timer = setInterval(() => {
    for (; next <= performance.now(); next += every) {
      send(inbox.frame(Math.floor(Math.random() * CONVERSATIONS), `Something new at ${Date.now()}`));
      sent += 1;
    }
  }, 5);
  return () => (clearInterval(timer), sent);
}

/** From a frame leaving here until it is painted, with so many a second; each probe comes to the top of the list. */
async function eventToPaint(page, session, send, inbox, perSecond, seconds, budget) {
  await page.evaluate(inPage.watchProbes, performance.timeOrigin + performance.now());
  const before = await worked(session);
  const stop = stream(send, inbox, perSecond);
  const probes = seconds * 5;
  for (let probe = 0; probe < probes; probe += 1) {
    send(inbox.frame(probe % 20, `probe ${performance.timeOrigin + performance.now()}`));
    await pause(1000 / 5);
  }
  const sent = stop() + probes;
  await pause(500);
  const after = await worked(session);
  const painted = await page.evaluate(inPage.seenProbes);
  const unseen = probes - painted.length;
  painted.push(...Array.from({ length: unseen }, () => NEVER_MS));
  report(`event to painted, ${perSecond} a second: p50`, at(painted, 0.5), "ms", null);
  report(`event to painted, ${perSecond} a second: p95${unseen === 0 ? "" : `, ${unseen} of ${probes} never drawn`}`, at(painted, 0.95), "ms", budget);
  report("  work of the page's thread for one event", (after.all - before.all) / sent, "ms", null);
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

/** How long it takes from a person's key or click until something is painted. */
async function untilPainted(page, event, act, selector, text = "") {
  await page.evaluate(inPage.awaitPainted, { event, selector, text });
  await act();
  return page.evaluate(() => globalThis.shown);
}

/** Clicks a row where it is, without the looks around that a test takes first. */
async function openRow(page, index) {
  const row = page.locator("[data-conversation]").nth(index);
  const id = await row.getAttribute("data-conversation");
  const box = await row.boundingBox();
  return untilPainted(page, "pointerdown", () => page.mouse.click(box.x + 120, box.y + 20), `[data-message^="${id}"]`);
}

async function threads(page, send, inbox) {
  await page.evaluate(() => (document.querySelector("[data-list]").scrollTop = 0));
  send(inbox.frame(1, "The one that is opened"));
  await page.locator("[data-conversation]", { hasText: "The one that is opened" }).waitFor();
  await pause(500);
  report("thread of 5,000 messages, its newest page: the first that is opened", await openRow(page, 0), "ms", 600);
  const others = [];
  for (let index = 1; index <= TIMES; index += 1) {
    await pause(500);
    others.push(await openRow(page, index));
  }
  report(`  others after it, median of ${TIMES}`, at(others, 0.5), "ms", 300);
  const again = [];
  for (let index = 1; index <= TIMES; index += 1) {
    await pause(500);
    again.push(await openRow(page, index));
  }
  report(`  one that was open before, median of ${TIMES}`, at(again, 0.5), "ms", 100);
  await openRow(page, 0);
}

async function keys(page) {
  const bubbles = [];
  for (let time = 0; time < TIMES; time += 1) {
    const text = `As fast as you type ${time}`;
    await page.locator("#composer").fill(text);
    await pause(300);
    bubbles.push(await untilPainted(page, "keydown", () => page.keyboard.press("Enter"), "[data-client-message], [data-message]", text));
  }
  report(`key press to bubble, median of ${TIMES}`, at(bubbles, 0.5), "ms", 50);
  await page.locator("#composer").blur();
  const opened = [];
  const filtered = [];
  for (let time = 0; time <= TIMES; time += 1) {
    await pause(500);
    opened.push(await untilPainted(page, "keydown", () => page.keyboard.press("Control+k"), "[role=dialog] input"));
    await pause(300);
    filtered.push(await untilPainted(page, "keydown", () => page.keyboard.press("z"), "[role=dialog] input[value=z]"));
    await page.keyboard.press("Escape");
    await page.locator("[role=dialog]").waitFor({ state: "detached" });
  }
  report("palette opens, the first time", opened[0], "ms", 100);
  report(`  again, median of ${TIMES}`, at(opened.slice(1), 0.5), "ms", 30);
  report(`  a key filters it, median of ${TIMES + 1}`, at(filtered, 0.5), "ms", 30);
}

async function scrolling(page, session, send, inbox) {
  const still = await page.evaluate(inPage.scroll, 5_000);
  report("scrolling, nothing arrives: frame, p95", at(still.frames, 0.95), "ms", 20);
  const stop = stream(send, inbox, 100);
  const atFirst = await worked(session);
  const busy = await page.evaluate(inPage.scroll, 8_000);
  const atLast = await worked(session);
  stop();
  report("scrolling, 100 events a second: work a second, all", (atLast.all - atFirst.all) / 8, "ms", null);
  report("  of it script", (atLast.script - atFirst.script) / 8, "ms", null);
  report("  of it style and layout", (atLast.layout - atFirst.layout) / 8, "ms", null);
  report("scrolling, 100 events a second: frame, p95", at(busy.frames, 0.95), "ms", 20);
  report("scrolling, 100 events a second: longest frame", Math.max(...busy.frames), "ms", 50);
  report("scrolling: rows in the document", busy.rows, "rows", 60);
}

/** From the address to the first row, then everything behind it by pages. */
async function loadAll(page, url) {
  await page.addInitScript(inPage.awaitFirstRow);
  await page.goto(`${url}/app/inbox/all`);
  await page.locator("[data-conversation]").first().waitFor();
  report("first row visible, cold", await page.evaluate(() => globalThis.firstRow), "ms", 1000);
  const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0]?.startTime ?? 0);
  report("first paint, cold", paint, "ms", 1000);
  await page.locator("[data-connection=live]").waitFor({ state: "attached" });
  const loading = Date.now();
  await page.waitForFunction(inPage.scrollOn, CONVERSATIONS, { polling: 50, timeout: 60_000 });
  report(`all ${CONVERSATIONS.toLocaleString("en")} rows loaded, in pages of ${PAGE}`, (Date.now() - loading) / 1000, "s", null);
  await page.evaluate(() => (document.querySelector("[data-list]").scrollTop = 0));
}

async function soaked(session, send, inbox, minutes) {
  const figures = [await heap(session)];
  report("heap with all rows, after the traffic above", figures[0], "MB", 80);
  if (minutes === 0) return;
  const finish = stream(send, inbox, 20);
  for (let minute = 1; minute <= minutes; minute += 1) {
    await pause(60_000);
    figures.push(await heap(session));
    console.log(`      heap after ${minute} min of 20 events a second: ${figures.at(-1).toFixed(1)} MB`);
  }
  finish();
  const half = figures.slice(Math.floor(figures.length / 2));
  report(`heap after ${minutes} min of 20 events a second`, figures.at(-1), "MB", 80);
  report("its growth over the second half", half.at(-1) - half[0], "MB", 3);
}

/** Nothing here takes longer: a bench that hangs says so and ends. */
const LONGEST_MS = 10 * 60_000;
const soak = process.argv.includes("--soak") ? Number(process.argv[process.argv.indexOf("--soak") + 1]) : 0;
const watchdog = setTimeout(() => {
  console.error("the bench did not come to its end in time");
  process.exit(1);
}, LONGEST_MS + soak * 75_000);
const began = load();
const inbox = new MadeUpInbox(CONVERSATIONS, PAGE);
const server = await Server.start();
const relay = await Relay.start(server, inbox);
const through = Object.assign(Object.create(server), { url: relay.url });
const browser = await Browser.start();
try {
  await introduce(server, browser);
  sizes();
  const context = await browser.profile();
  context.setDefaultTimeout(60_000);
  const page = await context.newPage();
  await enter(page, through, "supervisor", "/app/settings");
  const { user } = await (await caller(server, "supervisor"))("/api/v1/me");
  // A text message: Enter sends it, and no window closes.
  Object.assign(inbox.rows[1], { assigned_to: { id: user.id, name: user.full_name }, status: "assigned" });
  const send = (frame) => relay.send(frame);
  await loadAll(page, relay.url);
  const session = await page.context().newCDPSession(page);
  await session.send("Performance.enable", { timeDomain: "threadTicks" });
  await scrolling(page, session, send, inbox);
  await eventToPaint(page, session, send, inbox, 20, 8, 100);
  await eventToPaint(page, session, send, inbox, 200, 8, 150);
  await threads(page, send, inbox);
  await keys(page);
  await soaked(session, send, inbox, soak);
} finally {
  clearTimeout(watchdog);
  await browser.stop();
  await relay.stop();
  await server.stop();
}
console.log(`      load ${began} at the beginning, ${load()} at the end: figures of a machine that does other things are those of both`);
const folder = fileURLToPath(new URL("../../target/bench/", import.meta.url));
mkdirSync(folder, { recursive: true });
writeFileSync(join(folder, "console.json"), `${JSON.stringify(results, null, 2)}\n`);
if (process.argv.includes("--strict") && results.some((one) => one.over)) process.exitCode = 1;
