// What the rules would make of a message, before any customer finds out.
import { FlaskConical } from "lucide-react";
import { useState, type SubmitEvent } from "react";
import { dryRun, type DryRunAnswer } from "../../../lib/api/flow";
import type { Channel } from "../../../lib/api/model";
import type { Body } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { Badge } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { Drawer } from "../../../lib/ui/drawer";
import { Facts } from "../../../lib/ui/facts";
import { Select, TextArea, Toggle } from "../../../lib/ui/fields";
import { explain } from "../../../lib/ui/states";
import { Unreadable } from "./fields";
import { useOptions } from "./options";

const CHANNELS: readonly Channel[] = ["sms", "whatsapp", "email", "chat", "voice"];

/** The button of the page: all rules that count. */
export function TryMessage() {
  const { dryRun: t } = useAdminTexts();
  const [state, setState] = useState<"closed" | "open">("closed");
  return (
    <>
      <Button onClick={() => setState("open")}>
        <FlaskConical className="size-4" aria-hidden />
        {t.title}
      </Button>
      {state === "open" && (
        <Drawer title={t.title} lead={t.lead} onClose={() => setState("closed")}>
          <DryRun />
        </Drawer>
      )}
    </>
  );
}

/** Below the form of a rule: that rule alone, as it stands in the form. */
export function TryRule({ draft }: { draft: () => Body }) {
  const { dryRun: t } = useAdminTexts();
  return (
    <section aria-label={t.titleRule} className="mt-8 border-t border-line pt-6">
      <h3 className="text-sm font-semibold">{t.titleRule}</h3>
      <p className="mt-0.5 mb-4 text-[0.8125rem] text-ink-soft">{t.leadRule}</p>
      <DryRun draft={draft} />
    </section>
  );
}

function DryRun({ draft }: { draft?: () => Body }) {
  const { dryRun: t } = useAdminTexts();
  const texts = useAdminTexts();
  const [text, setText] = useState("");
  const [channel, setChannel] = useState("sms");
  const [open, setOpen] = useState(true);
  const [known, setKnown] = useState(false);
  const [answer, setAnswer] = useState<DryRunAnswer | null>(null);
  const [refusal, setRefusal] = useState<string | null>(null);
  const ask = async (event: SubmitEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setRefusal(null);
    try {
      const rule = draft?.();
      const asked = { text, channel, in_business_hours: open, is_new_contact: !known };
      setAnswer(await dryRun(rule === undefined ? asked : { ...asked, rule: { when: rule["when"] ?? {}, then: rule["then"] ?? {} } }));
    } catch (error) {
      setAnswer(null);
      setRefusal(error instanceof Unreadable ? texts.required : explain(error));
    }
  };
  return (
    <form onSubmit={(event) => void ask(event)} className="grid gap-4">
      <TextArea label={t.text} rows={4} required maxLength={10_000} value={text} onChange={(event) => setText(event.target.value)} />
      <Select label={texts.fields["channel"] ?? ""} value={channel} onChange={(event) => setChannel(event.target.value)}>
        {CHANNELS.map((one) => (
          <option key={one} value={one}>
            {texts.choices[one] ?? one}
          </option>
        ))}
      </Select>
      <div className="grid gap-2">
        <Toggle label={t.open} checked={open} onChange={(event) => setOpen(event.target.checked)} />
        <Toggle label={t.known} checked={known} onChange={(event) => setKnown(event.target.checked)} />
      </div>
      <div>
        <Button type="submit" look="primary" disabled={text.trim() === ""}>
          {t.run}
        </Button>
      </div>
      {refusal !== null && (
        <p role="alert" className="rounded-xl bg-danger-soft px-4 py-3 text-[0.8125rem] text-danger-ink">
          {refusal}
        </p>
      )}
      {answer !== null && <Answer answer={answer} alone={draft !== undefined} />}
    </form>
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
    <section aria-label={t.answer} aria-live="polite" data-dry-run={answer.matched ? "matched" : "none"} className="rounded-xl border border-line bg-sunken p-4">
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
