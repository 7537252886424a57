// The socket: connects, notices when it is dead, comes back, and resumes after the last cursor it saw.
import { parseFrame, type Frame } from "./frames";

export type Phase = "connecting" | "live" | "offline";

export interface SocketOwner {
  token: () => string | null;
  /** A new token; false when the session is over. */
  renew: () => Promise<boolean>;
  onFrame: (frame: Frame) => void;
  onPhase: (phase: Phase) => void;
  /** Live again, but events were missed that will not come: fetch what is on screen. */
  onGap: () => void;
}

const PING_MS = 20_000;
const SILENCE_MS = 45_000;
const TICK_MS = 5_000;
const SLEPT_MS = 30_000;
const FIRST_DELAY_MS = 250;
const LONGEST_DELAY_MS = 10_000;
const TOKEN_REFUSED = 4401;

export class Socket {
  readonly #owner: SocketOwner;
  #socket: WebSocket | null = null;
  #cursor: string | null = null;
  #phase: Phase = "connecting";
  #failures = 0;
  #retry: ReturnType<typeof setTimeout> | null = null;
  #ticker: ReturnType<typeof setInterval> | null = null;
  #heard = 0;
  #pinged = 0;
  #ticked = 0;
  #stopped = true;

  constructor(owner: SocketOwner) {
    this.#owner = owner;
  }

  start(): void {
    this.#stopped = false;
    this.#ticked = Date.now();
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    window.addEventListener("online", this.#hurry);
    window.addEventListener("focus", this.#hurry);
    document.addEventListener("visibilitychange", this.#hurry);
    void this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#ticker !== null) clearInterval(this.#ticker);
    if (this.#retry !== null) clearTimeout(this.#retry);
    window.removeEventListener("online", this.#hurry);
    window.removeEventListener("focus", this.#hurry);
    document.removeEventListener("visibilitychange", this.#hurry);
    this.#discard();
  }

  /** Connects now, unless it is connected. */
  hurry(): void {
    this.#hurry();
  }

  get phase(): Phase {
    return this.#phase;
  }

  /** Sends an ephemeral frame; while offline it is dropped, never kept for later. */
  send(frame: Record<string, unknown>): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(frame));
  }

  async #connect(): Promise<void> {
    this.#retry = null;
    if (this.#stopped || this.#socket !== null) return;
    if (hasExpired(this.#owner.token()) && !(await this.#owner.renew())) return;
    const token = this.#owner.token();
    if (token === null || this.#stopped) return;
    const url = new URL("/ws", location.href);
    url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
    if (this.#cursor !== null) url.searchParams.set("after", this.#cursor);
    const socket = new WebSocket(url, ["patchbay.v1", `bearer.${token}`]);
    this.#socket = socket;
    this.#heard = Date.now();
    this.#pinged = this.#heard;
    const resuming = this.#cursor !== null;
    socket.addEventListener("message", (event: MessageEvent<unknown>) => {
      if (socket === this.#socket) this.#receive(event.data, resuming ? "resumed" : "fresh");
    });
    socket.addEventListener("close", (event) => {
      if (socket === this.#socket) void this.#lost(event.code);
    });
  }

  #receive(text: unknown, start: "resumed" | "fresh"): void {
    this.#heard = Date.now();
    const frame = typeof text === "string" ? parseFrame(text) : null;
    if (frame === null) return;
    if (frame.event === "hello") {
      this.#failures = 0;
      this.#setPhase("live");
      this.#owner.onFrame(frame);
      if (start === "fresh") this.#owner.onGap();
      // While resuming, the missed events still follow: only they may move the cursor.
      if (start === "resumed") return;
    } else if (frame.event === "system.resync") {
      this.#owner.onGap();
    } else {
      this.#owner.onFrame(frame);
    }
    if (frame.cursor !== null) this.#cursor = frame.cursor;
  }

  async #lost(code: number): Promise<void> {
    this.#socket = null;
    if (this.#stopped) return;
    this.#setPhase("offline");
    if (code === TOKEN_REFUSED && !(await this.#owner.renew())) return;
    this.#later();
  }

  #later(): void {
    if (this.#stopped || this.#retry !== null) return;
    const longest = Math.min(FIRST_DELAY_MS * 2 ** this.#failures, LONGEST_DELAY_MS);
    this.#failures += 1;
    this.#retry = setTimeout(() => void this.#connect(), longest * (0.5 + Math.random() / 2));
  }

  /** Comes back at once: the network returned, or somebody is looking again. */
  readonly #hurry = (): void => {
    if (this.#stopped || document.hidden) return;
    if (this.#socket !== null) {
      if (Date.now() - this.#heard > SILENCE_MS) this.#reconnect();
      return;
    }
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#failures = 0;
    void this.#connect();
  };

  /** A laptop that slept wakes with a socket that says it is open and is not. */
  #tick(): void {
    const now = Date.now();
    const slept = !document.hidden && now - this.#ticked > SLEPT_MS;
    this.#ticked = now;
    if (this.#socket === null) return;
    if (slept || now - this.#heard > SILENCE_MS) {
      this.#reconnect();
    } else if (now - this.#pinged >= PING_MS) {
      this.#pinged = now;
      this.send({ type: "ping" });
    }
  }

  #reconnect(): void {
    this.#discard();
    this.#setPhase("offline");
    this.#failures = 0;
    void this.#connect();
  }

  #discard(): void {
    const socket = this.#socket;
    this.#socket = null;
    socket?.close();
  }

  #setPhase(phase: Phase): void {
    if (phase === this.#phase) return;
    this.#phase = phase;
    this.#owner.onPhase(phase);
  }
}

/** Reads the expiry of a token without trusting it; the server decides. */
function hasExpired(token: string | null): boolean {
  const payload = token?.split(".")[1];
  if (payload === undefined) return true;
  try {
    const claims: unknown = JSON.parse(atob(payload.replaceAll("-", "+").replaceAll("_", "/")));
    const expires = typeof claims === "object" && claims !== null && "exp" in claims ? Number(claims.exp) : Number.NaN;
    return Number.isFinite(expires) && expires * 1000 < Date.now();
  } catch {
    return false;
  }
}
