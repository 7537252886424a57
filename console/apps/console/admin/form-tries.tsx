// What stands below the form of a row and looks at what is typed in it: a rule is tried, words are shown filled in.
import { Suspense, lazy } from "react";
import type { Body, Row } from "../../../lib/api/rows";
import type { Form } from "./fields";
import type { ResourceName } from "./resources";

const TryAutomation = lazy(async () => ({ default: (await import("../automation/try-automation")).TryAutomation }));
const TryRule = lazy(async () => ({ default: (await import("./try-message")).TryRule }));
const TryRankingRule = lazy(async () => ({ default: (await import("./try-ranking")).TryRankingRule }));
const NotificationWords = lazy(async () => ({ default: (await import("./notification-words")).NotificationWords }));

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
    <Suspense fallback={null}>
      {name === "automations" && writes && <TryAutomation draft={draft} />}
      {name === "routing-rules" && writes && <TryRule draft={draft} />}
      {name === "ranking-rules" && writes && <TryRankingRule draft={draft} site={String(form["site_id"] ?? "")} />}
      {name === "notification-templates" && <NotificationWords form={form} row={row} writes={writes} onFill={onFill} />}
    </Suspense>
  );
}
