// Something fetched for what is on screen, and fetched again when asked: the newest question's answer wins.
import { useCallback, useEffect, useState } from "react";

export interface Loaded<T> {
  state: "loading" | "ready" | "error";
  value: T | null;
  error: unknown;
  reload: () => void;
}

/** Loads under a key. The loader must depend on the key alone. While it loads anew, the last value stays. */
export function useLoad<T>(key: string, load: () => Promise<T>): Loaded<T> {
  const [result, setResult] = useState<{ key: string; value: T | null; error: unknown } | null>(null);
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    let current = true;
    load().then(
      (value) => current && setResult({ key, value, error: null }),
      (error: unknown) => current && setResult({ key, value: null, error }),
    );
    return () => {
      current = false;
    };
    // eslint-disable-next-line react-hooks/exhaustive-deps -- the loader depends on the key alone
  }, [key, attempt]);
  const reload = useCallback(() => setAttempt((before) => before + 1), []);
  if (result?.key !== key) return { state: "loading", value: null, error: null, reload };
  return { state: result.error === null ? "ready" : "error", value: result.value, error: result.error, reload };
}
