// What the rules would make of a message, before any customer finds out.
import { useState } from "react";
import { dryRun, type DryRunAnswer } from "../../../lib/api/flow";
import type { Channel } from "../../../lib/api/model";
import type { Body } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { Badge } from "../../../lib/ui/badge";
import { Facts } from "../../../lib/ui/facts";
import { Select, TextArea, Toggle } from "../../../lib/ui/fields";
import { useOptions } from "./options";
import { TryBelow, TryBeside, TryRun } from "./try-run";

const CHANNELS: readonly Channel[] = ["sms", "whatsapp", "email", "chat", "voice"];

/** The button of the page: all rules that count. */
export function TryMessage() {
  const { dryRun: t } = useAdminTexts();
  return (
    <TryBeside words={t}>
      <DryRun />
    </TryBeside>
  );
}

/** Below the form of a rule: that rule alone, as it stands in the form. */
export function TryRule({ draft }: { draft: () => Body }) {
  const { dryRun: t } = useAdminTexts();
  return (
    <TryBelow words={{ title: t.titleRule, lead: t.leadRule }}>
      <DryRun draft={draft} />
    </TryBelow>
  );
}

function DryRun({ draft }: { draft?: () => Body }) {
  const { dryRun: t, fields, choices } = useAdminTexts();
  const [text, setText] = useState("");
  const [channel, setChannel] = useState("sms");
  const [open, setOpen] = useState(true);
  const [known, setKnown] = useState(false);
  const ask = async () => {
    const rule = draft?.();
    const asked = { text, channel, in_business_hours: open, is_new_contact: !known };
    return dryRun(rule === undefined ? asked : { ...asked, rule: { when: rule["when"] ?? {}, then: rule["then"] ?? {} } });
  };
  return (
    <TryRun run={t.run} ready={text.trim() !== ""} ask={ask} shown={(answer) => <Answer answer={answer} alone={draft !== undefined} />}>
      <TextArea label={t.text} rows={4} required maxLength={10_000} value={text} onChange={(event) => setText(event.target.value)} />
      <Select label={fields["channel"] ?? ""} value={channel} onChange={(event) => setChannel(event.target.value)}>
        {CHANNELS.map((one) => (
          <option key={one} value={one}>
            {choices[one] ?? one}
          </option>
        ))}
      </Select>
      <div className="grid gap-2">
        <Toggle label={t.open} checked={open} onChange={(event) => setOpen(event.target.checked)} />
        <Toggle label={t.known} checked={known} onChange={(event) => setKnown(event.target.checked)} />
      </div>
    </TryRun>
  );
}

function Answer({ answer, alone }: { answer: DryRunAnswer; alone: boolean }) {
  const { dryRun: t, choices, fields } = useAdminTexts();
  const rules = useOptions("routing-rules");
  const words = (name: string): string => {
    const value = answer.then[name];
    return Array.isArray(value) ? value.map((one) => choices[String(one)] ?? String(one)).join(", ") : typeof value === "string" ? (choices[value] ?? value) : "";
  };
  const named = answer.rules.map((rule) => rules.find((one) => one.value === rule.id)?.text ?? "…").join(" → ");
  return (
    <section aria-label={t.answer} data-dry-run={answer.matched ? "matched" : "none"} className="rounded-xl border border-line bg-sunken p-4">
      <div className="mb-3 flex flex-wrap gap-2">
        <Badge tone={answer.matched ? "good" : "plain"}>{answer.matched ? t.matched : t.none}</Badge>
        {answer.is_emergency && <Badge tone="bad">{t.emergency}</Badge>}
        {answer.asks_for_a_person && <Badge tone="warn">{t.person}</Badge>}
      </div>
      <Facts
        of={[
          [t.rules, alone ? "" : named],
          [fields["then.team"] ?? "", answer.team ?? (answer.matched ? t.inboxTeam : "")],
          [fields["then.priority"] ?? "", answer.priority == null ? "" : (choices[answer.priority] ?? answer.priority)],
          [fields["then.required_skills"] ?? "", words("required_skills")],
          [fields["then.tags"] ?? "", words("tags")],
          [fields["then.ask"] ?? "", words("ask")],
          [fields["then.notify"] ?? "", words("notify")],
          [fields["language"] ?? "", choices[answer.language] ?? answer.language],
          [t.normalized, <code key="text" className="font-mono text-xs">{answer.normalized}</code>],
        ]}
      />
    </section>
  );
}
