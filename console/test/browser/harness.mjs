// What the browser tests stand on: a patchbay of their own on a free port, a browser, signed-in pages, customers' phones.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import assert from "node:assert/strict";
import { chromium } from "playwright-core";

const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const START_MS = 30_000;
const STOP_MS = 10_000;

/** A demo server: started here from PATCHBAY_BIN, or the running one PATCHBAY_URL names. */
export class Server {
  static async start() {
    const running = process.env.PATCHBAY_URL;
    if (running !== undefined) return new Server(running, null, null);
    assert.ok(process.env.PATCHBAY_BIN, "PATCHBAY_BIN must name the built server");
    const folder = mkdtempSync(join(tmpdir(), "patchbay-browser-"));
    const server = new Server(`http://127.0.0.1:${await freePort()}`, folder, null);
    await server.run();
    return server;
  }

  constructor(url, folder, process_) {
    this.url = url;
    this.folder = folder;
    this.process = process_;
    this.output = "";
  }

  /** Starts the process on the same port and data as before. */
  async run() {
    const address = new URL(this.url).host;
    this.process = spawn(resolve(process.env.PATCHBAY_BIN), ["serve", "--demo"], {
      cwd: this.folder,
      env: {
        ...process.env,
        PATCHBAY_LISTEN: address,
        PATCHBAY_PUBLIC_URL: this.url,
        PATCHBAY_DATA_DIR: join(this.folder, "data"),
        PATCHBAY_DATABASE_URL: `sqlite://${join(this.folder, "patchbay.db")}`,
        PATCHBAY_AUTH__JWT_SECRET: "0123456789abcdef0123456789abcdef-browser-tests",
        PATCHBAY_LIMITS__API_PER_SECOND: "0",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    for (const stream of [this.process.stdout, this.process.stderr]) stream.on("data", (chunk) => (this.output += chunk));
    const until = Date.now() + START_MS;
    for (;;) {
      if (this.process.exitCode !== null) throw new Error(`the server ended:\n${this.output}`);
      const answer = await fetch(`${this.url}/health`).catch(() => null);
      if (answer?.ok) return;
      if (Date.now() > until) throw new Error(`the server did not start:\n${this.output}`);
      await pause(50);
    }
  }

  get canRestart() {
    return this.folder !== null;
  }

  async halt(signal = "SIGTERM") {
    if (this.process === null || this.process.exitCode !== null || this.process.signalCode !== null) return;
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    this.process.kill(signal);
    await Promise.race([ended, pause(STOP_MS).then(() => this.process.kill("SIGKILL"))]);
    await ended;
  }

  async stop() {
    if (this.folder === null) return;
    await this.halt("SIGKILL");
    rmSync(this.folder, { recursive: true, force: true });
  }

  async api(path, options = {}) {
    const response = await fetch(this.url + path, { ...options, headers: { "content-type": "application/json", ...options.headers } });
    const text = await response.text();
    assert.ok(response.ok, `${options.method ?? "GET"} ${path} answered ${response.status}: ${text}`);
    return text === "" ? null : JSON.parse(text);
  }

  /** The demo's people, as the sign-in page offers them. */
  async people() {
    return (await this.api("/app/demo.json")).data;
  }

  /** What a phone of the simulator shows on a channel. */
  async phone(address, channel) {
    const { data } = await this.api("/sim/api/phones");
    return data.find((phone) => phone.address === address && phone.channel === channel);
  }

  say(address, channel, text) {
    return this.api(`/sim/api/phones/${encodeURIComponent(address)}/messages`, { method: "POST", body: JSON.stringify({ channel, text }) });
  }

  read(address, channel) {
    return this.api(`/sim/api/phones/${encodeURIComponent(address)}/read`, { method: "POST", body: JSON.stringify({ channel }) });
  }

  faults(board) {
    return this.api("/sim/api/faults", { method: "PUT", body: JSON.stringify(board) });
  }
}

export class Browser {
  /** `args`: further settings of the browser itself. */
  static async start(args = []) {
    const executablePath = execFileSync("sh", ["-c", "command -v chromium"], { encoding: "utf8" }).trim();
    return new Browser(await chromium.launch({ executablePath, args: [...FLAGS, ...args] }));
  }

  constructor(browser) {
    this.browser = browser;
    this.problems = [];
  }

  /** A profile of its own. Everything its pages complain about is kept for `expectQuiet`. */
  async profile(options = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1440, height: 900 }, locale: "en-GB", timezoneId: "Europe/Paris", ...options });
    context.setDefaultTimeout(20_000);
    context.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") this.problems.push(`${message.text()} (${message.location().url})`);
    });
    context.on("weberror", (error) => this.problems.push(String(error.error())));
    return context;
  }

  /** Fails when a page complained about anything but what was expected to go wrong. */
  expectQuiet(expected = []) {
    const loud = this.problems.filter((problem) => !expected.some((pattern) => pattern.test(problem)));
    this.problems = [];
    assert.deepEqual(loud, []);
  }

  async stop() {
    await this.browser.close();
  }
}

/** Signs in as the demo person of a role. */
export async function signIn(page, server, role, path = "/app/") {
  await page.goto(server.url + path);
  const person = (await server.people()).find((one) => one.role === role);
  assert.ok(person, `the demo has no ${role}`);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.getByRole("searchbox").waitFor();
  await page.locator("[data-connection=live]").waitFor({ state: "attached" });
  return person;
}

/** Signs in as the demo person of a role whose first page need not be the inbox. */
export async function enter(page, server, role, path = "/app/") {
  page.context().setDefaultTimeout(20_000);
  await page.goto(server.url + path);
  const person = (await server.people()).find((one) => one.role === role);
  assert.ok(person, `the demo has no ${role}`);
  await page.getByLabel("Email").fill(person.email);
  await page.getByLabel("Password").fill(person.password);
  await page.getByRole("button", { name: "Sign in", exact: true }).click();
  await page.locator("[data-connection=live]").waitFor({ state: "attached" });
  return person;
}

/** Calls the API as the demo person of a role. */
export async function caller(server, role) {
  const person = (await server.people()).find((one) => one.role === role);
  const { access_token: token } = await server.api("/api/v1/auth/login", { method: "POST", body: JSON.stringify({ email: person.email, password: person.password }) });
  return (path, body, method = body === undefined ? "GET" : "POST") =>
    server.api(path, {
      method,
      headers: { authorization: `Bearer ${token}`, "idempotency-key": crypto.randomUUID() },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
}

/** The row of a contact in the list. */
export function row(page, name) {
  return page.locator("[data-conversation]", { hasText: name });
}

/** The bubble with a text, ours or theirs. */
export function bubble(page, text) {
  return page.locator("[data-message], [data-client-message]", { hasText: text });
}

export function composer(page) {
  return page.locator("#composer");
}

/** Polls until a check passes; its last failure is the test's. */
export async function eventually(check, milliseconds = 15_000) {
  const until = Date.now() + milliseconds;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > until) throw error;
      await pause(50);
    }
  }
}

async function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}

/**
 * The demo's customers: `owner` is whose phone it is, `name` is what we know of them. Text messages carry no name, so
 * those who only text are known by their number.
 */
export const MAYA = { name: "Maya Lindqvist", address: "+15550101001" };
export const TOMAS = { name: "Tomás Herrera", address: "+15550101002" };
export const RUTH = { owner: "Ruth Okafor", name: "+15550101003", address: "+15550101003" };
export const PRIYA = { owner: "Priya Raman", name: "+15550101006", address: "+15550101006" };
