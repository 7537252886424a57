// What the widget shows: the visitor's conversation, what waits to be sent, and how the connection is.
import type { Availability, Conversation, Message } from "./api";

export interface Waiting {
  id: string;
  text: string | null;
  files: { id: string; mime_type: string; filename: string | null; size: number }[];
  at: string;
  /** It was refused; a person has to try again. */
  failed: boolean;
  /** The server has it. */
  sent?: boolean;
}

export interface State {
  /** `refused`: the page's proof does not fit; nothing is said under another name. */
  phase: "starting" | "ready" | "refused";
  connected: boolean;
  messages: Message[];
  waiting: Waiting[];
  conversation: Conversation | null;
  availability: Availability | null;
  greeting: string | null;
  hasEmail: boolean;
  typist: string | null;
  /** The conversation whose end was rated just now, or about which nobody wants to say anything. */
  rated: { id: string; how: "answered" | "declined" } | null;
  limit: number;
  maxText: number;
}
