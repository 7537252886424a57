// What a pane shows instead of its content: nothing yet, nothing there, or something wrong.
import type { LucideIcon } from "lucide-react";
import { CircleAlert } from "lucide-react";
import { Component, type ReactNode } from "react";
import { ApiError } from "../api/http";
import { texts, useTexts } from "../i18n/language";
import { Button } from "./button";

export function EmptyState(props: { icon: LucideIcon; title: string; text: string; children?: ReactNode }) {
  const Icon = props.icon;
  return (
    <div className="flex h-full flex-col items-center justify-center px-8 py-12 text-center">
      <span className="mb-4 flex size-12 items-center justify-center rounded-2xl border border-line bg-surface text-ink-faint">
        <Icon className="size-5" strokeWidth={1.75} aria-hidden />
      </span>
      <h2 className="font-semibold">{props.title}</h2>
      <p className="mt-1 max-w-72 text-[0.8125rem] text-balance text-ink-soft">{props.text}</p>
      {props.children !== undefined && <div className="mt-5 flex flex-wrap justify-center gap-2">{props.children}</div>}
    </div>
  );
}

export function ErrorState({ title, error, onRetry }: { title: string; error: unknown; onRetry: () => void }) {
  const t = useTexts();
  return (
    <div role="alert" className="flex h-full flex-col items-center justify-center px-8 py-12 text-center">
      <span className="mb-4 flex size-12 items-center justify-center rounded-2xl bg-danger-soft text-danger-ink">
        <CircleAlert className="size-5" strokeWidth={1.75} aria-hidden />
      </span>
      <h2 className="font-semibold">{title}</h2>
      <p className="mt-1 max-w-80 text-[0.8125rem] text-ink-soft">{explain(error)}</p>
      {requestOf(error) !== null && <p className="mt-1 font-mono text-2xs text-ink-faint">{t.common.request(requestOf(error) ?? "")}</p>}
      <Button className="mt-5" onClick={onRetry}>
        {t.common.retry}
      </Button>
    </div>
  );
}

/** What went wrong, in a sentence: ours where we know the code, else the server's. */
export function explain(error: unknown): string {
  const t = texts();
  if (!(error instanceof ApiError)) return t.errors["other"] ?? "";
  return t.errors[error.code] ?? (error.message === "" ? (t.errors["other"] ?? "") : error.message);
}

export function requestOf(error: unknown): string | null {
  return error instanceof ApiError ? error.requestId : null;
}

interface Broken {
  error: unknown;
}

/** Keeps a broken pane from taking the page with it. */
export class Boundary extends Component<{ children: ReactNode }, Broken> {
  override state: Broken = { error: null };

  static getDerivedStateFromError(error: unknown): Broken {
    return { error };
  }

  override render(): ReactNode {
    if (this.state.error === null) return this.props.children;
    const t = texts();
    return (
      <div role="alert" className="flex h-full flex-col items-center justify-center gap-2 p-8 text-center">
        <h2 className="font-semibold">{t.errors["page"]}</h2>
        <p className="text-[0.8125rem] text-ink-soft">{t.errors["pageHint"]}</p>
        <Button className="mt-3" onClick={() => this.setState({ error: null })}>
          {t.common.retry}
        </Button>
      </div>
    );
  }
}
