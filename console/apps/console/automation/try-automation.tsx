// Whether an automation would run on a message that is made up, as it stands in the form.
import { useState } from "react";
import { tryAutomation, type DryAnswer } from "../../../lib/api/automation";
import type { Body } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { named } from "../../../lib/i18n/language";
import { Badge } from "../../../lib/ui/badge";
import { Select, TextArea, TextField, Toggle } from "../../../lib/ui/fields";
import { TryBelow, TryRun } from "../admin/try-run";

const CHANNELS = ["sms", "whatsapp", "email", "chat", "voice"] as const;
const SENDERS = ["customer", "agent", "ai", "system", "vendor"] as const;

export function TryAutomation({ draft }: { draft: () => Body }) {
  const { test: t, choices } = useAdminTexts();
  const [text, setText] = useState("");
  const [channel, setChannel] = useState<string>("sms");
  const [sender, setSender] = useState<string>("customer");
  const [tags, setTags] = useState("");
  const [open, setOpen] = useState<"open" | "closed">("open");
  const [assigned, setAssigned] = useState<"somebody" | "nobody">("nobody");
  const ask = async () => {
    const { when, then } = draft();
    const said = tags.split(",").map((tag) => tag.trim().toLowerCase()).filter((tag) => tag !== "");
    return tryAutomation({ ...(when === undefined ? {} : { when }), ...(then === undefined ? {} : { then }), text, channel, sender, tags: said, assigned: assigned === "somebody", in_business_hours: open === "open" });
  };
  return (
    <TryBelow words={t}>
      <TryRun run={t.run} ready ask={ask} shown={(answer) => <Answer answer={answer} />}>
        <TextArea label={t.text} rows={2} value={text} onChange={(event) => setText(event.target.value)} />
        <div className="grid gap-3 sm:grid-cols-3">
          <Select label={t.channel} value={channel} onChange={(event) => setChannel(event.target.value)}>
            {CHANNELS.map((one) => (
              <option key={one} value={one}>
                {choices[one] ?? one}
              </option>
            ))}
          </Select>
          <Select label={t.sender} value={sender} onChange={(event) => setSender(event.target.value)}>
            {SENDERS.map((one) => (
              <option key={one} value={one}>
                {choices[one] ?? one}
              </option>
            ))}
          </Select>
          <TextField label={t.tags} autoComplete="off" value={tags} onChange={(event) => setTags(event.target.value)} />
        </div>
        <Toggle label={t.open} checked={open === "open"} onChange={(event) => setOpen(event.target.checked ? "open" : "closed")} />
        <Toggle label={t.assigned} checked={assigned === "somebody"} onChange={(event) => setAssigned(event.target.checked ? "somebody" : "nobody")} />
      </TryRun>
    </TryBelow>
  );
}

function Answer({ answer }: { answer: DryAnswer }) {
  const { test: t, actions, fields } = useAdminTexts();
  return (
    <div data-dry-run={answer.holds ? "holds" : "fails"} className="grid gap-2 rounded-xl border border-line bg-sunken p-3.5 text-[0.8125rem]">
      <div>
        <Badge tone={answer.holds ? "good" : "plain"}>{answer.holds ? t.holds : t.fails}</Badge>
      </div>
      {answer.fails.length > 0 && <p>{named(t.because, answer.fails.map((name) => fields[`when.${name}`] ?? name).join(" · "))}</p>}
      {answer.then.length > 0 && <p>{named(t.does, answer.then.map((one) => actions.names[String(one["type"])] ?? String(one["type"])).join(" · "))}</p>}
    </div>
  );
}
