// What differs between two policies, place by place.

/** One place that differs; a side is missing where only the other one says something. */
export interface Change {
  place: string;
  before?: string;
  after?: string;
}

/** Every place that differs, in the order of the names. The version itself always does and is left out. */
export function changes(before: unknown, after: unknown): Change[] {
  const [old, fresh] = [places(before), places(after)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .sort()
    .filter((place) => place !== "version" && old.get(place) !== fresh.get(place))
    .map((place) => {
      const [was, is] = [old.get(place), fresh.get(place)];
      return { place, ...(was === undefined ? {} : { before: was }), ...(is === undefined ? {} : { after: is }) };
    });
}

function places(value: unknown, at = "", found = new Map<string, string>()): Map<string, string> {
  if (typeof value === "object" && value !== null) {
    for (const [name, inner] of Object.entries(value)) places(inner, at === "" ? name : `${at}.${name}`, found);
  } else if (value !== undefined && value !== null) {
    found.set(at, JSON.stringify(value));
  }
  return found;
}
