import { Cable } from "lucide-react";
import { useEffect, useState } from "react";
import { useScenarioTexts } from "../../lib/i18n/scenarios";
import { clock } from "../../lib/i18n/when";
import { Badge } from "../../lib/ui/badge";
import { DataTable } from "../../lib/ui/data-table";
import { toastError } from "../../lib/ui/toast";
import { readWire } from "./phones-api";

interface Line {
  key: string;
  at: string;
  way: "request" | "webhook";
  what: string;
  where: string;
  status: number | null;
}

const AGAIN_MS = 2_000;
const MOST = 60;

/** What was sent to and fro; looked at only while it is open. */
export function WireView() {
  const { wire: t } = useScenarioTexts();
  const [state, setState] = useState<"closed" | "open">("closed");
  const [lines, setLines] = useState<readonly Line[]>([]);
  useEffect(() => {
    if (state === "closed") return;
    const load = () => readLines().then(setLines, (error: unknown) => toastError(error));
    void load();
    const timer = setInterval(() => void load(), AGAIN_MS);
    return () => clearInterval(timer);
  }, [state]);
  return (
    <details data-wire className="mx-auto mt-6 max-w-5xl rounded-2xl border border-line bg-surface" onToggle={(event) => setState(event.currentTarget.open ? "open" : "closed")}>
      <summary className="flex cursor-pointer items-center gap-3 rounded-2xl px-5 py-4">
        <Cable className="size-4 text-ink-faint" aria-hidden />
        <span>
          <span className="block text-[0.8125rem] font-semibold">{t.title}</span>
          <span className="block text-xs text-ink-soft">{t.lead}</span>
        </span>
      </summary>
      <div className="border-t border-line p-4">
        {lines.length === 0 ? (
          <p className="text-[0.8125rem] text-ink-soft">{t.none}</p>
        ) : (
          <DataTable
            label={t.title}
            rows={lines}
            keyOf={(line) => line.key}
            columns={[
              { id: "at", title: t.at, cell: (line) => <span className="tabular-nums">{clock(line.at)}</span> },
              { id: "way", title: t.what, cell: (line) => <span className="whitespace-nowrap">{line.way === "request" ? t.request : `${t.webhook}: ${line.what}`}</span> },
              { id: "where", title: t.where, cell: (line) => <code className="line-clamp-1 font-mono text-xs wrap-anywhere">{line.where}</code> },
              {
                id: "answer",
                title: t.answer,
                align: "right",
                cell: (line) =>
                  line.status === null ? (
                    t.unanswered
                  ) : (
                    <span className="inline-flex items-center gap-2">
                      {line.status >= 400 && <Badge tone="bad">{t.refused}</Badge>}
                      {line.status}
                    </span>
                  ),
              },
            ]}
          />
        )}
      </div>
    </details>
  );
}

async function readLines(): Promise<readonly Line[]> {
  const { requests, webhooks } = await readWire();
  const all: Line[] = [
    ...requests.map(({ at, method, path, status, provider }, index) => ({ key: `request ${at} ${requests.length - index}`, at, way: "request" as const, what: provider, where: `${method} ${path}`, status })),
    ...webhooks.map(({ at, url, about, attempt, status }, index) => ({ key: `webhook ${at} ${webhooks.length - index} ${attempt}`, at, way: "webhook" as const, what: about, where: new URL(url).pathname, status })),
  ];
  return all.sort((a, b) => b.at.localeCompare(a.at)).slice(0, MOST);
}
