// One place that talks HTTP: the bearer token in memory, the error envelope, one renewal when the token has run out.

/** What the server (or the network) answered instead of a result. */
export class ApiError extends Error {
  readonly code: string;
  readonly status: number;
  readonly requestId: string | null;
  readonly details: Readonly<Record<string, unknown>>;

  constructor(status: number, code: string, message: string, requestId: string | null, details: Record<string, unknown>) {
    super(message);
    this.name = "ApiError";
    this.status = status;
    this.code = code;
    this.requestId = requestId;
    this.details = details;
  }

  /** The request may have never arrived; the same one can be sent again. */
  get isNetwork(): boolean {
    return this.status === 0;
  }

  /** The server could not answer now; the same request may succeed later. */
  get isTemporary(): boolean {
    return this.status === 0 || this.status === 429 || this.status === 502 || this.status === 503 || this.status === 504;
  }
}

export type Query = Record<string, string | number | null | undefined>;

export interface Call {
  method?: "GET" | "POST" | "PATCH" | "PUT" | "DELETE";
  query?: Query;
  body?: unknown;
  /** A file as the whole body, instead of JSON. */
  file?: File;
  /** A list as the whole body, instead of JSON. */
  csv?: string;
  /** What is asked for: `text` and `csv` give the body as it came. */
  answer?: "json" | "text" | "csv";
  idempotencyKey?: string;
  /** `omit`: somebody else's call from this browser, which neither uses nor changes its session. */
  cookies?: "omit";
  /** It is carried through even when the page is left meanwhile. */
  outlivesPage?: boolean;
  signal?: AbortSignal;
  /** Told how much of the file has gone out, from 0 to 1. */
  onProgress?: (part: number) => void;
}

interface Gate {
  token: () => string | null;
  /** Renews the session; false when it is over. */
  renew: () => Promise<boolean>;
}

let gate: Gate = { token: () => null, renew: async () => false };

/** The session module says where the token comes from. */
export function authorizeWith(next: Gate): void {
  gate = next;
}

/** Sends a request with the session's token; renews it once when the server says it has expired. */
export async function call<T>(path: string, options: Call = {}): Promise<T> {
  try {
    return await send<T>(path, options, gate.token());
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 401) throw error;
    if (!(await gate.renew())) throw error;
    return send<T>(path, options, gate.token());
  }
}

/** Sends a request once, with exactly this token. */
export async function send<T>(path: string, options: Call, token: string | null): Promise<T> {
  const headers: Record<string, string> = { accept: "application/json" };
  if (token !== null) headers["authorization"] = `Bearer ${token}`;
  if (options.body !== undefined) headers["content-type"] = "application/json";
  if (options.csv !== undefined) headers["content-type"] = "text/csv; charset=utf-8";
  if (options.answer === "text") headers["accept"] = "text/*, application/json;q=0.5";
  if (options.answer === "csv") headers["accept"] = "text/csv";
  if (options.file !== undefined) {
    headers["content-type"] = options.file.type === "" ? "application/octet-stream" : options.file.type;
    headers["x-filename"] = encodeURIComponent(options.file.name);
  }
  if (options.idempotencyKey !== undefined) headers["idempotency-key"] = options.idempotencyKey;
  let response: Response;
  try {
    const url = path + queryString(options.query);
    response =
      options.file !== undefined && options.onProgress !== undefined
        ? await upload(url, headers, options.file, options.onProgress, options.signal)
        : await fetch(url, {
            method: options.method ?? "GET",
            headers,
            body: options.file ?? options.csv ?? (options.body === undefined ? null : JSON.stringify(options.body)),
            credentials: options.cookies ?? "same-origin",
            keepalive: options.outlivesPage ?? false,
            signal: options.signal ?? null,
          });
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === "AbortError") throw cause;
    throw new ApiError(0, "NETWORK", "the server cannot be reached", null, {});
  }
  const text = await response.text();
  if (response.ok && (options.answer === "text" || options.answer === "csv")) return text as T;
  const body = parse(text);
  if (response.ok) return body as T;
  throw refusal(response, body);
}

/** Sends a file and tells how far it is, which fetch cannot. */
function upload(url: string, headers: Record<string, string>, file: File, onProgress: (part: number) => void, signal?: AbortSignal): Promise<Response> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    const abort = () => request.abort();
    request.open("POST", url);
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    request.upload.addEventListener("progress", (event) => event.lengthComputable && onProgress(event.loaded / event.total));
    request.addEventListener("load", () => {
      const correlation = request.getResponseHeader("x-correlation-id");
      const told = new Headers(correlation === null ? [] : [["x-correlation-id", correlation]]);
      resolve(new Response(request.responseText, { status: request.status, statusText: request.statusText, headers: told }));
    });
    request.addEventListener("error", () => reject(new TypeError("the upload failed")));
    request.addEventListener("abort", () => reject(new DOMException("the upload was given up", "AbortError")));
    signal?.addEventListener("abort", abort, { once: true });
    request.send(file);
  });
}

function queryString(query: Query | undefined): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== null && value !== undefined && value !== "") params.set(name, String(value));
  }
  const text = params.toString();
  return text === "" ? "" : `?${text}`;
}

function parse(text: string): unknown {
  if (text === "") return null;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}

function refusal(response: Response, body: unknown): ApiError {
  const error = isRecord(body) && isRecord(body["error"]) ? body["error"] : {};
  const { code, message, request_id, correlation_id, ...details } = error;
  return new ApiError(
    response.status,
    typeof code === "string" ? code : `HTTP_${response.status}`,
    typeof message === "string" ? message : response.statusText,
    firstText(request_id, correlation_id, response.headers.get("x-correlation-id")),
    details,
  );
}

function firstText(...values: unknown[]): string | null {
  const found = values.find((value) => typeof value === "string" && value !== "");
  return typeof found === "string" ? found : null;
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
