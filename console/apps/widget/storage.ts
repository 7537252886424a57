// Kept in the frame's own storage, apart for every site; forgotten with the page where a browser keeps nothing.
const memory = new Map<string, string>();

export function kept<T>(key: string): T | null {
  try {
    const text = localStorage.getItem(key) ?? memory.get(key);
    return text === undefined ? null : (JSON.parse(text) as T);
  } catch {
    return null;
  }
}

export function keep(key: string, value: unknown): void {
  const text = JSON.stringify(value);
  memory.set(key, text);
  try {
    localStorage.setItem(key, text);
  } catch {
    // Private windows and strict settings: the page remembers for itself.
  }
}
