// The administration's rows: listed, created, changed and deactivated alike, whatever they are.
import { call } from "./http";
import type { Page } from "./model";

export type Value = string | number | boolean | null | readonly Value[] | { readonly [name: string]: Value };

/** A row of the administration. What it holds depends on what it is. */
export interface Row {
  id: string;
  version: number;
  readonly [field: string]: Value;
}

export type Body = Record<string, Value>;

const one = (path: string, id: string) => `${path}/${encodeURIComponent(id)}`;
const key = () => crypto.randomUUID();

export function listRows(path: string, query: Record<string, string | null> = {}): Promise<Page<Row>> {
  return call(path, { query: { limit: 100, ...query } });
}

export const getRow = (path: string, id: string): Promise<Row> => call(one(path, id));

export const createRow = (path: string, body: Body): Promise<Row> => call(path, { method: "POST", body, idempotencyKey: key() });

export const changeRow = (path: string, id: string, body: Body, method: "PATCH" | "PUT" = "PATCH"): Promise<Row> =>
  call(one(path, id), { method, body });

export const removeRow = (path: string, id: string): Promise<Row | null> => call(one(path, id), { method: "DELETE" });

export const post = <T>(path: string, body: Body = {}): Promise<T> => call(path, { method: "POST", body, idempotencyKey: key() });

export const put = (path: string): Promise<unknown> => call(path, { method: "PUT" });
