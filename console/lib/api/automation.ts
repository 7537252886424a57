// What the hub does by itself and what agents have done with one word: its log, and how it is asked for and taken back.
import { call } from "./http";
import type { Page } from "./model";
import { post, type Body, type Row } from "./rows";
import type { components } from "./schema";

export type AutomationRun = components["schemas"]["AutomationRun"];

export interface RunQuery {
  automation_id?: string;
  outcome?: string;
  conversation_id?: string;
  cursor?: string | null;
}

export const listRuns = (query: RunQuery): Promise<Page<AutomationRun>> => call("/api/v1/automation-runs", { query: { limit: 50, ...query } });

export const undoRun = (id: string): Promise<AutomationRun> => post(`/api/v1/automation-runs/${encodeURIComponent(id)}/undo`);

/** Macros that are in use, in their order. */
export async function listMacros(): Promise<readonly Row[]> {
  const { data } = await call<Page<Row>>("/api/v1/automations", { query: { kind: "macro", enabled: "true", limit: 100 } });
  return data.toSorted((a, b) => Number(a["order"]) - Number(b["order"]));
}

/** Everything, for whoever chooses one. */
export async function listAutomations(): Promise<readonly Row[]> {
  return (await call<Page<Row>>("/api/v1/automations", { query: { limit: 100 } })).data;
}

export const runMacro = (conversationId: string, macroId: string): Promise<AutomationRun> =>
  post(`/api/v1/conversations/${encodeURIComponent(conversationId)}/macros/${encodeURIComponent(macroId)}`);

/** What an automation would do with a message that is made up. Nothing is sent or changed. */
export interface DryAnswer {
  holds: boolean;
  /** The conditions that do not hold, by their names. */
  fails: readonly string[];
  then: readonly Readonly<Record<string, unknown>>[];
}

export const tryAutomation = (body: Body): Promise<DryAnswer> => call("/api/v1/automations/dry-run", { method: "POST", body });
