// A colleague who acts in a scenario: one of the demo's people, who signs in, looks, types and answers through the doors that
// everybody uses. The session of this browser is not touched by it.
import { send } from "../../lib/api/http";
import type { Conversation, Page, Session } from "../../lib/api/model";

const TYPES_EVERY_MS = 3000;
const LOOKS_EVERY_MS = 12_000;
/** Whoever plays the scenario may have gone. */
const PATIENCE_MS = 120_000;

interface Person {
  email: string;
  password: string;
}

export class Colleague {
  readonly #email: string;
  #leave: (() => void) | null = null;

  constructor(email: string) {
    this.#email = email;
  }

  /** Opens the conversation of a number that texts us, and begins to write. */
  async begin(address: string): Promise<void> {
    const token = await this.#signIn();
    const { id } = await conversationOf(address, token);
    this.#leave?.();
    this.#leave = writeIn(id, token);
  }

  /** Answers there, and leaves. */
  async answer(address: string, text: string): Promise<void> {
    const token = await this.#signIn();
    const { id } = await conversationOf(address, token);
    const name = crypto.randomUUID();
    const body = { content: { type: "text", text }, client_message_id: name };
    await send(`/api/v1/conversations/${id}/messages`, { method: "POST", body, idempotencyKey: name, cookies: "omit" }, token);
    this.#leave?.();
    this.#leave = null;
  }

  async #signIn(): Promise<string> {
    const { data } = await send<{ data: readonly Person[] }>("/app/demo.json", { cookies: "omit" }, null);
    const person = data.find((one) => one.email === this.#email);
    if (person === undefined) throw new Error("the demo has no such person");
    const body = { email: person.email, password: person.password };
    return (await send<Session>("/api/v1/auth/login", { method: "POST", body, cookies: "omit" }, null)).access_token;
  }
}

async function conversationOf(address: string, token: string): Promise<Conversation> {
  const page = await send<Page<Conversation>>("/api/v1/conversations", { query: { channel: "sms", limit: 100 }, cookies: "omit" }, token);
  const found = page.data.find((one) => one.contact.address === address && one.status !== "closed");
  if (found === undefined) throw new Error("nobody has written from this number yet");
  return found;
}

/** Looks at a conversation and types, as a console does; gives what ends it. */
function writeIn(conversation: string, token: string): () => void {
  const url = new URL("/ws", location.href);
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:";
  const socket = new WebSocket(url, ["patchbay.v1", `bearer.${token}`]);
  const tell = (type: string) => () => {
    if (socket.readyState === WebSocket.OPEN) socket.send(JSON.stringify({ type, conversation_id: conversation, mode: "reply" }));
  };
  const [look, type] = [tell("viewing.start"), tell("typing.start")];
  socket.addEventListener("open", () => {
    look();
    type();
  });
  const looks = setInterval(look, LOOKS_EVERY_MS);
  const types = setInterval(type, TYPES_EVERY_MS);
  const leave = () => {
    clearInterval(looks);
    clearInterval(types);
    clearTimeout(gone);
    tell("typing.stop")();
    socket.close();
  };
  const gone = setTimeout(leave, PATIENCE_MS);
  return leave;
}
