// The talk among colleagues: threads of two or more, what is said in them, how far it was read.
import { call } from "./http";
import type { Page } from "./model";
import { post } from "./rows";
import type { components } from "./schema";

export type TalkThread = components["schemas"]["InternalThread"];
export type TalkMessage = components["schemas"]["InternalMessage"];

const thread = (id: string) => `/api/v1/internal/threads/${encodeURIComponent(id)}`;

export const listThreads = (): Promise<Page<TalkThread>> => call("/api/v1/internal/threads", { query: { limit: 100 } });

export const getThread = (id: string): Promise<TalkThread> => call(thread(id));

export const beginThread = (body: { members?: readonly string[]; team?: string; title?: string }): Promise<TalkThread> => post("/api/v1/internal/threads", body);

export const listTalk = (id: string, range: { before_seq?: number; after_seq?: number }): Promise<Page<TalkMessage>> => call(`${thread(id)}/messages`, { query: { ...range, limit: 50 } });

export const say = (id: string, text: string, clientId: string): Promise<TalkMessage> =>
  call(`${thread(id)}/messages`, { method: "POST", body: { text, client_message_id: clientId }, idempotencyKey: clientId });

export const readTalk = (id: string, seq: number): Promise<TalkThread> => call(`${thread(id)}/read`, { method: "POST", body: { seq } });

export const addMember = (id: string, userId: string): Promise<TalkThread> => post(`${thread(id)}/members`, { user_id: userId });

export const removeMember = (id: string, userId: string): Promise<TalkThread> => call(`${thread(id)}/members/${encodeURIComponent(userId)}`, { method: "DELETE" });
