import { useEffect, type ReactNode } from "react";
import { useTexts } from "../i18n/language";
import { cx } from "./cx";

export interface PageProps {
  title: string;
  lead?: string;
  actions?: ReactNode;
  tabs?: ReactNode;
  /** The content scrolls by itself and fills the page. */
  flush?: boolean;
  /** The content stays as narrow as a text. */
  narrow?: boolean;
  children: ReactNode;
}

/** A page beside the inbox: its heading stays, its content scrolls. */
export function Page({ title, lead, actions, tabs, flush = false, narrow = false, children }: PageProps) {
  const { product } = useTexts();
  useEffect(() => {
    document.title = `${title} · ${product}`;
  }, [title, product]);
  return (
    <main id="main" tabIndex={-1} className="flex min-h-0 min-w-0 flex-1 flex-col outline-none max-md:pb-14">
      <header className="border-b border-line bg-canvas px-4 pt-4 md:px-8 md:pt-6">
        <div className="flex flex-wrap items-start gap-x-6 gap-y-3 pb-4">
          <div className="min-w-0 flex-1 max-sm:basis-full">
            <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
            {lead !== undefined && <p className="mt-0.5 max-w-2xl text-[0.8125rem] text-ink-soft">{lead}</p>}
          </div>
          {actions !== undefined && <div className="flex flex-wrap gap-2">{actions}</div>}
        </div>
        {tabs}
      </header>
      {flush ? (
        <div className="relative min-h-0 flex-1 overflow-hidden">{children}</div>
      ) : (
        <div className="relative min-h-0 flex-1 overflow-y-auto">
          <div className={cx("px-4 py-5 md:px-8", narrow && "max-w-3xl")}>{children}</div>
        </div>
      )}
    </main>
  );
}

/** A part of a page with a heading of its own. */
export function Section({ title, hint, actions, children }: { title: string; hint?: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <section className="mb-8" aria-label={title}>
      <div className="mb-3 flex flex-wrap items-end gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 max-sm:basis-full">
          <h2 className="text-sm font-semibold">{title}</h2>
          {hint !== undefined && <p className="text-[0.8125rem] text-ink-soft">{hint}</p>}
        </div>
        {actions}
      </div>
      {children}
    </section>
  );
}
