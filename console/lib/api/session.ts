// The signed-in session: the access token lives in memory only; the refresh cookie is HttpOnly and the server's affair.
import { ApiError, authorizeWith, call, send } from "./http";
import type { Me, Session } from "./model";

export type SessionState =
  | { kind: "unknown" }
  | { kind: "signed_out"; reason: "none" | "expired" | "signed_out" }
  | { kind: "signed_in"; me: Me }
  /** The server takes the session no more: whoever it was may sign in again over the page, which keeps what it holds. */
  | { kind: "expired"; me: Me };

/** Says that a refresh cookie may exist, so that a first visit does not ask for a refusal. Holds no secret. */
const MARK = "patchbay.session";
/** When a renewal began whose answer has not come. */
const RENEWING = "patchbay.renewing";
/** How long the answer of a renewal may take whose page was left. */
const ANSWER_MS = 1500;
const OTHER_PORTALS: readonly string[] = ["technician", "vendor", "customer"];

let token: string | null = null;
let state: SessionState = { kind: "unknown" };
let renewal: Promise<boolean> | null = null;
const listeners = new Set<() => void>();
const tabs = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel("patchbay.session");

tabs?.addEventListener("message", (event: MessageEvent<unknown>) => {
  if (event.data === "signed_out" && (state.kind === "signed_in" || state.kind === "expired")) end("signed_out");
});

authorizeWith({ token: () => token, renew });

export function sessionState(): SessionState {
  return state;
}

export function onSession(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function accessToken(): string | null {
  return token;
}

/** Takes up the session of an earlier visit, if its cookie is still good. */
export async function resumeSession(): Promise<void> {
  if (localStorage.getItem(MARK) === null) {
    publish({ kind: "signed_out", reason: "none" });
    return;
  }
  if (!(await refresh())) {
    end("none");
    return;
  }
  try {
    await enter();
  } catch (error) {
    if (!isOver()) throw error;
  }
}

function isOver(): boolean {
  return state.kind === "signed_out";
}

export async function signIn(email: string, password: string): Promise<void> {
  const session = await send<Session>("/api/v1/auth/login", { method: "POST", body: { email, password } }, null);
  token = session.access_token;
  localStorage.setItem(MARK, "1");
  await enter();
}

/** Reads again who is signed in and what they may do: somebody has changed it. */
export async function refreshMe(): Promise<void> {
  const me = await call<Me>("/api/v1/me");
  if (state.kind !== "signed_in" || state.me.user.id !== me.user.id) return;
  if (OTHER_PORTALS.includes(me.user.role)) await signOut();
  else publish({ kind: "signed_in", me });
}

export async function signOut(): Promise<void> {
  try {
    await send("/api/v1/auth/logout", { method: "POST", body: {} }, token);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
  }
  end("signed_out");
  tabs?.postMessage("signed_out");
}

/** Gets a fresh access token; ends the session when the server refuses. One renewal runs at a time. */
export function renew(): Promise<boolean> {
  if (state.kind === "expired") return Promise.resolve(false);
  renewal ??= (async () => {
    try {
      const renewed = await refresh();
      // The server closes our sockets before it answers a sign-out, so a renewal may be refused after the session ended.
      if (state.kind === "signed_out") {
        token = null;
        return false;
      }
      if (!renewed) expire();
      return renewed;
    } finally {
      renewal = null;
    }
  })();
  return renewal;
}

/** Whoever works in another portal has no business here, and is told no more than with a wrong password. */
async function enter(): Promise<void> {
  const me = await send<Me>("/api/v1/me", {}, token);
  if (OTHER_PORTALS.includes(me.user.role)) {
    await send("/api/v1/auth/logout", { method: "POST", body: {} }, token);
    end("none");
    throw new ApiError(403, "FORBIDDEN", "this role works in another portal", null, {});
  }
  publish({ kind: "signed_in", me });
}

/** The refresh cookie rotates, so two tabs must not present the same one at once. */
async function refresh(): Promise<boolean> {
  return navigator.locks === undefined ? refreshNow() : navigator.locks.request("patchbay.refresh", refreshNow);
}

async function refreshNow(): Promise<boolean> {
  // A page that was left while it renewed leaves its note behind. Its answer brings the next cookie, and to present the
  // spent one before that would end the session.
  const since = Date.now() - Number(localStorage.getItem(RENEWING));
  if (since >= 0 && since < ANSWER_MS) await pause(ANSWER_MS - since);
  for (let attempt = 0; ; attempt += 1) {
    localStorage.setItem(RENEWING, String(Date.now()));
    try {
      const session = await send<Session>("/api/v1/auth/refresh", { method: "POST", body: {}, outlivesPage: true }, null);
      token = session.access_token;
      return true;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!error.isTemporary) return false;
      await pause(Math.min(500 * 2 ** attempt, 8000));
    } finally {
      localStorage.removeItem(RENEWING);
    }
  }
}

/** Over, but not by choice: what is on the page stays until somebody signs in again or leaves. */
function expire(): void {
  if (state.kind !== "signed_in") return end("expired");
  token = null;
  localStorage.removeItem(MARK);
  publish({ kind: "expired", me: state.me });
}

function end(reason: "none" | "expired" | "signed_out"): void {
  token = null;
  localStorage.removeItem(MARK);
  publish({ kind: "signed_out", reason });
}

function publish(next: SessionState): void {
  state = next;
  for (const listener of listeners) listener();
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
