// What stands below the form of a row and looks at what is typed in it: a rule is tried, words are shown filled in.
import type { Body, Row } from "../../../lib/api/rows";
import { part } from "../../../lib/ui/part";
import type { Form } from "./fields";
import type { ResourceName } from "./resources";

const TryAutomation = part(async () => (await import("../automation/try-automation")).TryAutomation);
const TryRule = part(async () => (await import("./try-message")).TryRule);
const TryRankingRule = part(async () => (await import("./try-ranking")).TryRankingRule);
const NotificationWords = part(async () => (await import("./notification-words")).NotificationWords);

export interface FormTriesProps {
  name: ResourceName;
  form: Form;
  row: Row | null;
  writes: boolean;
  /** The body as it would be saved; throws `Unreadable`. */
  draft: () => Body;
  onFill: (part: Form) => void;
}

export function FormTries({ name, form, row, writes, draft, onFill }: FormTriesProps) {
  return (
    <>
      {name === "automations" && writes && <TryAutomation draft={draft} />}
      {name === "routing-rules" && writes && <TryRule draft={draft} />}
      {name === "ranking-rules" && writes && <TryRankingRule draft={draft} site={String(form["site_id"] ?? "")} />}
      {name === "notification-templates" && <NotificationWords form={form} row={row} writes={writes} onFill={onFill} />}
    </>
  );
}
