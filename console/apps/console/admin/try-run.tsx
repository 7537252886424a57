// The frame of everything that is tried before it counts: where it stands, its form, what came of it, and what it was refused for.
import { FlaskConical } from "lucide-react";
import { useState, type ReactNode, type SubmitEvent } from "react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { named, useTexts } from "../../../lib/i18n/language";
import { Button } from "../../../lib/ui/button";
import { Drawer } from "../../../lib/ui/drawer";
import { explain, requestOf } from "../../../lib/ui/states";
import { Unreadable } from "./fields";

interface Words {
  title: string;
  lead: string;
}

/** A button of the page that opens the trial beside it. */
export function TryBeside({ words, children }: { words: Words; children: ReactNode }) {
  const [state, setState] = useState<"closed" | "open">("closed");
  return (
    <>
      <Button onClick={() => setState("open")}>
        <FlaskConical className="size-4" aria-hidden />
        {words.title}
      </Button>
      {state === "open" && (
        <Drawer title={words.title} lead={words.lead} keeps="nothing" onClose={() => setState("closed")}>
          {children}
        </Drawer>
      )}
    </>
  );
}

/** A trial of one row, below its form. */
export function TryBelow({ words, children }: { words: Words; children: ReactNode }) {
  return (
    <section aria-label={words.title} className="mt-8 border-t border-line pt-6">
      <h3 className="text-sm font-semibold">{words.title}</h3>
      <p className="mt-0.5 mb-4 text-[0.8125rem] text-ink-soft">{words.lead}</p>
      {children}
    </section>
  );
}

export interface TryRunProps<Answer> {
  /** What the button says. */
  run: string;
  /** Whether there is enough to ask with. */
  ready: boolean;
  /** Asks the server; throws `Unreadable` when the row's own form cannot be read. */
  ask: () => Promise<Answer>;
  /** What came of it. */
  shown: (answer: Answer) => ReactNode;
  children: ReactNode;
}

/** The fields of a trial, its button, and below them the answer or what was wrong. */
export function TryRun<Answer>({ run, ready, ask, shown, children }: TryRunProps<Answer>) {
  const texts = useAdminTexts();
  const t = useTexts();
  const [answer, setAnswer] = useState<{ is: Answer } | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    event.stopPropagation();
    setRefusal(null);
    try {
      setAnswer({ is: await ask() });
    } catch (error) {
      setAnswer(null);
      setRefusal(error);
    }
  };
  const request = requestOf(refusal);
  return (
    <form onSubmit={(event) => void submit(event)} noValidate className="grid gap-4">
      {children}
      <div>
        <Button type="submit" look="primary" disabled={!ready}>
          {run}
        </Button>
      </div>
      {refusal !== null && (
        <div role="alert" className="rounded-xl bg-danger-soft px-4 py-3 text-[0.8125rem] text-danger-ink">
          <p>{refusal instanceof Unreadable ? named(texts.fields[refusal.field] ?? refusal.field, texts.required) : explain(refusal)}</p>
          {request !== null && <p className="mt-1 font-mono text-2xs">{t.common.request(request)}</p>}
        </div>
      )}
      <div aria-live="polite">{answer !== null && shown(answer.is)}</div>
    </form>
  );
}
