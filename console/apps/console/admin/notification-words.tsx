// What the words for an alert become, beside the standard ones, and how they were before.
import { useEffect, useState } from "react";
import { listWordVersions, previewWords, type WordsPreview } from "../../../lib/api/alerts";
import { ApiError } from "../../../lib/api/http";
import type { Row } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { exact } from "../../../lib/i18n/when";
import { Badge } from "../../../lib/ui/badge";
import { Button } from "../../../lib/ui/button";
import { explain } from "../../../lib/ui/states";
import { useLoad } from "../../../lib/ui/use-load";
import type { Form } from "./fields";

const PLACES = ["severity", "title", "code", "rule", "count", "link", "reply"] as const;
const WAIT_MS = 350;

export interface WordsProps {
  form: Form;
  row: Row | null;
  writes: boolean;
  onFill: (part: Form) => void;
}

export function NotificationWords({ form, row, writes, onFill }: WordsProps) {
  return (
    <>
      {writes && <Preview form={form} row={row} onFill={onFill} />}
      {row !== null && <Versions row={row} writes={writes} onFill={onFill} />}
    </>
  );
}

/** What is typed, filled in for an alert that never was; a moment after the last key. */
function Preview({ form, row, onFill }: Omit<WordsProps, "writes">) {
  const { notices: t } = useAdminTexts();
  const said = (name: string) => String(form[name] ?? row?.[name] ?? "").trim();
  const [code, language, subject, text] = [said("code"), said("language"), said("subject"), String(form["text"] ?? "").trim()];
  const [shown, setShown] = useState<WordsPreview | null>(null);
  const [problem, setProblem] = useState<string | null>(null);
  useEffect(() => {
    if (code === "" || language === "") return;
    let stale = false;
    const timer = setTimeout(() => {
      previewWords({ code, language, ...(subject === "" ? {} : { subject }), ...(text === "" ? {} : { text }) }).then(
        (answer) => {
          if (stale) return;
          setShown(answer);
          setProblem(null);
        },
        (error: unknown) => {
          if (!stale) setProblem(error instanceof ApiError ? firstProblem(error) : explain(error));
        },
      );
    }, WAIT_MS);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [code, language, subject, text]);
  return (
    <section aria-label={t.preview} className="mt-8 border-t border-line pt-6">
      <h3 className="text-sm font-semibold">{t.preview}</h3>
      <p className="mt-0.5 text-[0.8125rem] text-ink-soft">{t.previewHint}</p>
      <p className="mt-3 text-[0.8125rem]">{t.places}</p>
      <ul className="mt-1.5 flex flex-wrap gap-1.5">
        {PLACES.map((place) => (
          <li key={place}>
            <button
              type="button"
              title={t.placeNames[place]}
              aria-label={t.insert(`{{${place}}}`, t.placeNames[place] ?? place)}
              onClick={() => onFill({ text: `${String(form["text"] ?? "")}{{${place}}}` })}
              className="rounded-md border border-line bg-sunken px-1.5 py-0.5 font-mono text-xs hover:bg-hover"
            >
              {`{{${place}}}`}
            </button>
          </li>
        ))}
      </ul>
      {problem !== null && (
        <p role="status" data-preview-problem className="mt-3 rounded-xl bg-warn-soft px-3 py-2 text-[0.8125rem] wrap-anywhere text-warn-ink">
          {problem}
        </p>
      )}
      {shown !== null && (
        <div className="mt-4 grid gap-3">
          <Letter name={t.yours} kind="yours" letter={shown.example} />
          <Letter name={t.standard} kind="standard" letter={shown.standard} />
        </div>
      )}
      {code === "" && <p className="mt-3 text-[0.8125rem] text-ink-soft">{t.chooseCode}</p>}
    </section>
  );
}

function firstProblem(error: ApiError): string {
  const list = error.details["validation_errors"];
  const first: unknown = Array.isArray(list) ? list[0] : null;
  return typeof first === "object" && first !== null && "message" in first ? String(first.message) : explain(error);
}

function Letter({ name, kind, letter }: { name: string; kind: string; letter: { subject: string; text: string } }) {
  return (
    <figure data-letter={kind} className="rounded-xl border border-line bg-sunken px-4 py-3 text-[0.8125rem]">
      <figcaption className="text-xs text-ink-soft">{name}</figcaption>
      <p className="mt-1 font-semibold wrap-anywhere">{letter.subject}</p>
      <p className="mt-1 wrap-anywhere whitespace-pre-wrap">{letter.text}</p>
    </figure>
  );
}

/** The words as they were; any of them can be taken into the form again. */
function Versions({ row, writes, onFill }: { row: Row; writes: boolean; onFill: (part: Form) => void }) {
  const texts = useAdminTexts();
  const { notices: t } = texts;
  const versions = useLoad(`words ${row.id} ${row.version}`, () => listWordVersions(row.id));
  return (
    <section aria-label={t.versions} className="mt-8 border-t border-line pt-6">
      <h3 className="text-sm font-semibold">{t.versions}</h3>
      {versions.state === "error" && <p className="mt-2 text-[0.8125rem] text-danger-ink">{explain(versions.error)}</p>}
      <ol className="mt-3 grid gap-3">
        {(versions.value?.data ?? []).map((one) => (
          <li key={one.version} data-version={one.version} className="rounded-xl border border-line px-4 py-3 text-[0.8125rem]">
            <div className="flex flex-wrap items-center gap-2">
              <span className="font-semibold">{t.version(one.version)}</span>
              {!one.enabled && <Badge>{texts.outOfUse}</Badge>}
              <span className="text-xs text-ink-soft">
                {[one.changed_by_name, exact(one.created_at)].filter(Boolean).join(" · ")}
              </span>
              {writes && one.version !== row.version && (
                <Button look="quiet" className="ml-auto" onClick={() => onFill({ subject: one.subject, text: one.text })}>
                  {t.takeAgain}
                </Button>
              )}
            </div>
            <p className="mt-1 font-medium wrap-anywhere">{one.subject}</p>
            <p className="mt-0.5 wrap-anywhere whitespace-pre-wrap text-ink-soft">{one.text}</p>
          </li>
        ))}
      </ol>
    </section>
  );
}
