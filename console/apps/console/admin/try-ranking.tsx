// How a message would rank as a ticket, before there is one: by the rules in use, or by one as it stands in its form.
import { useState } from "react";
import { rankingDryRun, type RankingDryRunAnswer } from "../../../lib/api/flow";
import type { Body } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { reasonWords, ruleName, useRankingTexts } from "../../../lib/i18n/ranking";
import { Badge } from "../../../lib/ui/badge";
import { Facts } from "../../../lib/ui/facts";
import { Select, TextArea, TextField } from "../../../lib/ui/fields";
import { useOptions } from "./options";
import { TryBelow, TryBeside, TryRun } from "./try-run";
import { URGENCIES } from "./urgencies";
import { WordList } from "./word-list";

/** The button of the page: all rules in use. */
export function TryRanking() {
  const { rankRun: t } = useAdminTexts();
  return (
    <TryBeside words={t}>
      <RankRun />
    </TryBeside>
  );
}

/** Below the form of a rule: that rule alone, as it stands in the form. */
export function TryRankingRule({ draft, site }: { draft: () => Body; site: string }) {
  const { rankRun: t } = useAdminTexts();
  return (
    <TryBelow words={{ title: t.titleRule, lead: t.leadRule }}>
      <RankRun draft={draft} site={site} />
    </TryBelow>
  );
}

function RankRun({ draft, site: ofRule = "" }: { draft?: () => Body; site?: string }) {
  const { rankRun: t } = useAdminTexts();
  const { urgencies } = useRankingTexts();
  const sites = useOptions("sites");
  const services = useOptions("services");
  const [text, setText] = useState("");
  const [site, setSite] = useState("");
  const [urgency, setUrgency] = useState("MEDIUM");
  const [make, setMake] = useState("");
  const [named, setNamed] = useState<readonly string[]>([]);
  const at = site === "" ? ofRule : site;
  const ask = async () => {
    const rule = draft?.();
    const carried = { ...(named.length === 0 ? {} : { service_ids: named }), ...(make.trim() === "" ? {} : { vehicle_make: make.trim() }) };
    return rankingDryRun({ text, site_id: at, urgency, ...carried, ...(rule === undefined ? {} : { rule }) });
  };
  return (
    <TryRun run={t.run} ready={text.trim() !== "" && at !== ""} ask={ask} shown={(answer) => <Answer answer={answer} />}>
      <TextArea label={t.text} rows={4} required maxLength={10_000} value={text} onChange={(event) => setText(event.target.value)} />
      <Select label={t.site} required value={at} onChange={(event) => setSite(event.target.value)}>
        <option value="" disabled>
          {t.chooseSite}
        </option>
        {sites.map((one) => (
          <option key={one.value} value={one.value}>
            {one.text}
          </option>
        ))}
      </Select>
      <Select label={t.urgency} value={urgency} onChange={(event) => setUrgency(event.target.value)}>
        {URGENCIES.map((one) => (
          <option key={one} value={one}>
            {urgencies[one] ?? one}
          </option>
        ))}
      </Select>
      <TextField label={t.make} maxLength={200} value={make} onChange={(event) => setMake(event.target.value)} />
      <WordList label={t.services} error={null} disabled={false} words={named} choices={services} onChange={setNamed} />
      <p className="text-xs text-ink-soft">{t.fromText}</p>
    </TryRun>
  );
}

function Answer({ answer }: { answer: RankingDryRunAnswer }) {
  const { rankRun: t } = useAdminTexts();
  const words = useRankingTexts();
  const called = (urgency: string) => words.urgencies[urgency] ?? urgency;
  const { subject } = answer;
  return (
    <section aria-label={t.answer} data-dry-run={answer.matched ? "matched" : "none"} className="rounded-xl border border-line bg-sunken p-4">
      <div className="mb-3 flex flex-wrap gap-2">
        <Badge tone={answer.matched ? "good" : "plain"}>{answer.matched ? t.matched : t.none}</Badge>
        {answer.needs_manual_review && <Badge tone="warn">{t.review}</Badge>}
      </div>
      {answer.rules.length > 0 && (
        <ul className="mb-3 grid gap-1.5 text-[0.8125rem]">
          {answer.rules.map((rule) => (
            <li key={rule.id ?? rule.name} data-rule={rule.name} className="flex flex-wrap items-baseline justify-between gap-x-3">
              <span className="font-medium wrap-anywhere">{rule.name}</span>
              <span className="text-ink-soft">{t.effect(called(rule.target_urgency), rule.ranking_score)}</span>
            </li>
          ))}
        </ul>
      )}
      <Facts
        of={[
          [words.urgency, <span key="urgency" data-urgency={answer.urgency}>{answer.urgency === subject.urgency ? called(answer.urgency) : `${called(subject.urgency)} → ${called(answer.urgency)}`}</span>],
          [words.score, <span key="score" data-score={answer.ranking_score} className="font-semibold tabular-nums">{answer.ranking_score}</span>],
          [words.rules, answer.applied_rules.map((name) => ruleName(name, words)).join(" · ")],
          [t.because, answer.review_reasons.map((reason) => reasonWords(reason, answer.applied_rules, words)).join(" ")],
          [t.make, subject.vehicle_make],
          [t.services, subject.services.map((service) => service.name).join(", ")],
        ]}
      />
    </section>
  );
}
