// What the live picture is made of: threads, lists, and what passes.
import type { ToolCall, ToolDraft } from "../api/assistants";
import type { Media, Message, Note } from "../api/model";
import type { View } from "./views";

export type Load = "idle" | "loading" | "ready" | "error";
export type Mode = "reply" | "note";

/** A file on its way out: what was uploaded, and what the browser can show of it meanwhile. */
export interface SentFile {
  media: Media;
  preview: string | null;
}

/** A message of ours the server has not confirmed yet. */
export interface Outgoing {
  client_message_id: string;
  conversation_id: string;
  text: string;
  file: SentFile | null;
  at: string;
  seen_seq: number | null;
  state: "queued" | "failed";
  reason: string | null;
  /** The request that was refused. */
  request?: string | null;
}

export interface Thread {
  messages: readonly Message[];
  notes: readonly Note[];
  outgoing: readonly Outgoing[];
  /** What assistants did here, and what they propose. */
  calls: readonly ToolCall[];
  drafts: readonly ToolDraft[];
  load: Load;
  older: "none" | "more" | "loading";
  error: unknown;
}

export interface List {
  view: View;
  ids: readonly string[];
  cursor: string | null;
  load: Load;
  more: Load;
  error: unknown;
}

/** A reply that was stopped because the conversation had moved on. */
export interface Stopped {
  text: string;
  file: SentFile | null;
  after_seq: number;
}

export interface Typist {
  id: string;
  name: string;
  /** `customer`: the customer writes, on a channel that tells. */
  mode: Mode | "customer";
}

export interface Clock {
  /** Milliseconds by the server's clock, as well as we know it. */
  now: () => number;
  /** Runs the flush soon; once a frame in a browser. */
  schedule: (flush: () => void) => void;
}

/** A colleague who has a conversation open. */
export interface Onlooker {
  id: string;
  name: string;
}
