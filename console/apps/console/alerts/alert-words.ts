import type { alertTexts } from "../../../lib/i18n/alerts";

type Texts = (typeof alertTexts)["en"];

/** What an alert is called: in the reader's language where we know the code; else as the server says it. */
export function alertTitle(alert: { code: string; title: string }, t: Texts, figures?: Readonly<Record<string, string>>): string {
  return t.codes[alert.code] ?? figures?.[alert.code] ?? alert.title;
}
