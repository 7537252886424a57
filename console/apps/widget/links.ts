// Addresses in a text.
export interface Part {
  text: string;
  href: string | null;
}

export function parts(text: string): Part[] {
  const found: Part[] = [];
  let at = 0;
  for (const match of text.matchAll(/https?:\/\/[^\s<>"']+[^\s<>"'.,;:!?)\]}]/g)) {
    const href = safe(match[0]);
    if (href === null) continue;
    if (match.index > at) found.push({ text: text.slice(at, match.index), href: null });
    found.push({ text: match[0], href });
    at = match.index + match[0].length;
  }
  if (at < text.length) found.push({ text: text.slice(at), href: null });
  return found;
}

/** An address that leads to a page and nowhere else: no name or password in it that could pass for another host. */
function safe(text: string): string | null {
  try {
    const url = new URL(text);
    return (url.protocol === "http:" || url.protocol === "https:") && url.username === "" && url.password === "" ? url.href : null;
  } catch {
    return null;
  }
}
