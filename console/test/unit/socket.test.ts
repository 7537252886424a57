import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Socket, type Phase } from "../../lib/realtime/socket";

class FakeSocket extends EventTarget {
  static readonly OPEN = 1;
  static made: FakeSocket[] = [];
  readonly url: URL;
  readonly protocols: string[];
  readyState = 1;
  readonly sent: string[] = [];

  constructor(url: URL, protocols: string[]) {
    super();
    this.url = url;
    this.protocols = protocols;
    FakeSocket.made.push(this);
  }

  send(text: string): void {
    this.sent.push(text);
  }

  close(): void {
    this.readyState = 3;
  }

  say(frame: Record<string, unknown>): void {
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  drop(code: number): void {
    this.dispatchEvent(new CloseEvent("close", { code }));
  }
}

const TOKEN = ["e30", btoa(JSON.stringify({ exp: 9_999_999_999 })), "x"].join(".");
const made = () => FakeSocket.made.at(-1) as FakeSocket;

function start() {
  const phases: Phase[] = [];
  const events: string[] = [];
  const owner = { token: () => TOKEN, renew: vi.fn(async () => true), onFrame: (frame: { event: string }) => void events.push(frame.event), onPhase: (phase: Phase) => void phases.push(phase), onGap: vi.fn<() => void>() };
  const socket = new Socket(owner);
  socket.start();
  return { socket, owner, phases, events };
}

beforeEach(() => {
  vi.useFakeTimers();
  FakeSocket.made = [];
  vi.stubGlobal("WebSocket", FakeSocket);
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe("the socket", () => {
  it("carries the token as a subprotocol, never in the address", () => {
    const { socket } = start();
    expect(made().protocols).toEqual(["patchbay.v1", `bearer.${TOKEN}`]);
    expect(made().url.search).toBe("");
    socket.stop();
  });

  it("resumes after the last cursor it saw", async () => {
    const { socket, owner, phases } = start();
    made().say({ event: "hello", cursor: null, data: { resume: { complete: true } } });
    expect(owner.onGap).toHaveBeenCalledTimes(1);
    made().say({ event: "message.received", cursor: "c-7", data: {} });
    made().say({ event: "agent.typing", cursor: null, data: {} });
    made().drop(1006);
    await vi.advanceTimersByTimeAsync(300);
    expect(FakeSocket.made).toHaveLength(2);
    expect(made().url.searchParams.get("after")).toBe("c-7");
    made().say({ event: "hello", cursor: "c-99", data: { resume: { complete: true } } });
    expect(owner.onGap).toHaveBeenCalledTimes(1);
    made().drop(1006);
    await vi.advanceTimersByTimeAsync(300);
    expect(made().url.searchParams.get("after"), "missed events were still to come").toBe("c-7");
    made().say({ event: "hello", cursor: "c-99", data: {} });
    expect(phases).toEqual(["live", "offline", "live", "offline", "live"]);
    socket.stop();
  });

  it("asks for a refetch when the server says that events were lost", () => {
    const { socket, owner } = start();
    made().say({ event: "hello", cursor: "c-1", data: {} });
    made().say({ event: "system.resync", cursor: "c-9", data: {} });
    expect(owner.onGap).toHaveBeenCalledTimes(2);
    socket.stop();
  });

  it("renews the session when the token is refused", async () => {
    const { socket, owner } = start();
    made().drop(4401);
    await vi.advanceTimersByTimeAsync(300);
    expect(owner.renew).toHaveBeenCalledTimes(1);
    expect(FakeSocket.made).toHaveLength(2);
    socket.stop();
  });

  it("stays away when the session is over", async () => {
    const { socket, owner } = start();
    owner.renew.mockResolvedValue(false);
    made().drop(4401);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(FakeSocket.made).toHaveLength(1);
    socket.stop();
  });

  it("notices a socket that has gone silent", async () => {
    const { socket, phases } = start();
    made().say({ event: "hello", cursor: null, data: {} });
    await vi.advanceTimersByTimeAsync(25_000);
    expect(made().sent).toEqual(['{"type":"ping"}']);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(FakeSocket.made.length).toBeGreaterThan(1);
    expect(phases).toContain("offline");
    socket.stop();
  });

  it("never keeps an ephemeral frame for later", () => {
    const { socket } = start();
    made().readyState = 3;
    socket.send({ type: "typing.start" });
    expect(made().sent).toEqual([]);
    socket.stop();
  });
});
