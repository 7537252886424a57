// The session against a server that refuses a renewal while a sign-out is under way.
import { afterEach, describe, expect, it, vi } from "vitest";

import { renew, sessionState, signIn, signOut } from "../../lib/api/session";

type Answer = { status: number; body: unknown };

function answer({ status, body }: Answer): Response {
  return new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } });
}

const REFUSED: Answer = { status: 401, body: { error: { code: "UNAUTHENTICATED", message: "Sign in again." } } };

afterEach(() => vi.unstubAllGlobals());

describe("session", () => {
  it("stays signed out by choice when a renewal is refused after the sign-out", async () => {
    let refuse: (response: Response) => void = () => undefined;
    vi.stubGlobal(
      "fetch",
      vi.fn((input: RequestInfo | URL) => {
        const path = new URL(String(input), "http://localhost").pathname;
        if (path.endsWith("/auth/login")) return Promise.resolve(answer({ status: 200, body: { access_token: "first" } }));
        if (path.endsWith("/me")) return Promise.resolve(answer({ status: 200, body: { user: { id: "usr_1", role: "support_agent" } } }));
        if (path.endsWith("/auth/logout")) return Promise.resolve(new Response(null, { status: 204 }));
        return new Promise<Response>((resolve) => {
          refuse = resolve;
        });
      }),
    );
    await signIn("ruth@example.test", "secret");
    const renewal = renew();
    await signOut();
    refuse(answer(REFUSED));
    expect(await renewal).toBe(false);
    expect(sessionState()).toEqual({ kind: "signed_out", reason: "signed_out" });
  });
});
