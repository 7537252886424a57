// Small lists nobody pushes (teams, people, saved replies): fetched when asked for, kept for a minute.
import { useCallback, useEffect, useState } from "react";

export interface Remote<T> {
  state: "idle" | "loading" | "ready" | "error";
  value: T | null;
  error: unknown;
  retry: () => void;
}

interface Kept {
  at: number;
  value: Promise<unknown>;
}

const FRESH_MS = 60_000;
const kept = new Map<string, Kept>();

/** Loads under a key; `null` asks for nothing. The loader must depend on the key alone. */
export function useRemote<T>(key: string | null, load: () => Promise<T>): Remote<T> {
  const [result, setResult] = useState<{ key: string; state: "ready" | "error"; value: T | null; error: unknown } | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (key === null) return;
    let current = true;
    fetchOnce(key, load).then(
      (value) => current && setResult({ key, state: "ready", value, error: null }),
      (error: unknown) => {
        kept.delete(key);
        if (current) setResult({ key, state: "error", value: null, error });
      },
    );
    return () => {
      current = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the loader depends on the key alone
  }, [key, attempt]);
  const retry = useCallback(() => setAttempt((before) => before + 1), []);
  if (key === null) return { state: "idle", value: null, error: null, retry };
  if (result?.key !== key) return { state: "loading", value: null, error: null, retry };
  return { state: result.state, value: result.value, error: result.error, retry };
}

/** Forgets everything fetched, as when another person signs in. */
export function forgetRemote(): void {
  kept.clear();
}

function fetchOnce<T>(key: string, load: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined && Date.now() - known.at < FRESH_MS) return known.value as Promise<T>;
  const value = load();
  kept.set(key, { at: Date.now(), value });
  return value;
}
