// Times in words: short for rows, exact for titles, spans for countdowns.
import { texts } from "./language";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const formats = new Map<string, Intl.DateTimeFormat>();

function format(name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const locale = texts().code;
  const key = `${locale} ${name}`;
  const known = formats.get(key) ?? new Intl.DateTimeFormat(locale === "en" ? "en-GB" : locale, options);
  formats.set(key, known);
  return known;
}

/** "now", "5 min", "14:32", "Mon", "3 Feb": what fits a row. */
export function shortAge(iso: string, now: number): string {
  const then = Date.parse(iso);
  const age = now - then;
  if (age < MINUTE) return texts().time.now;
  if (age < HOUR) return `${Math.floor(age / MINUTE)} min`;
  if (sameDay(then, now)) return clock(iso);
  if (age < 6 * DAY) return format("weekday", { weekday: "short" }).format(then);
  return format("date", { day: "numeric", month: "short" }).format(then);
}

export function clock(iso: string): string {
  return format("clock", { hour: "2-digit", minute: "2-digit" }).format(Date.parse(iso));
}

export function exact(iso: string): string {
  return format("exact", { dateStyle: "medium", timeStyle: "short" }).format(Date.parse(iso));
}

/** The heading of a day in a thread. */
export function dayName(iso: string, now: number): string {
  const then = Date.parse(iso);
  if (sameDay(then, now)) return texts().thread.today;
  if (sameDay(then, now - DAY)) return texts().thread.yesterday;
  return format("day", { weekday: "long", day: "numeric", month: "long" }).format(then);
}

export function sameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** "22 h 14 min", "8 min": the time left of something. */
export function span(milliseconds: number): string {
  const minutes = Math.max(0, Math.ceil(milliseconds / MINUTE));
  const hours = Math.floor(minutes / 60);
  if (hours === 0) return `${minutes} min`;
  return hours >= 10 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
}

/** "42 s", "5 min 3 s", "2 h 5 min", "3 d 4 h". */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const [unit, word, small, smallWord] = whole < 3600 ? [60, "min", 1, "s"] : whole < 172_800 ? [3600, "h", 60, "min"] : [86_400, "d", 3600, "h"];
  const rest = Math.floor((whole % unit) / small);
  return rest === 0 ? `${Math.floor(whole / unit)} ${word}` : `${Math.floor(whole / unit)} ${word} ${rest} ${smallWord}`;
}
