import { CircleAlert, CircleCheck, X } from "lucide-react";
import { Toast as Radix } from "radix-ui";
import { useSyncExternalStore } from "react";
import { texts, useTexts } from "../i18n/language";
import { explain, requestOf } from "./states";

interface Toast {
  id: number;
  tone: "good" | "bad";
  text: string;
  detail: string | null;
  request: string | null;
  action: { label: string; run: () => void } | null;
}

const MOST = 4;
let toasts: readonly Toast[] = [];
let lastId = 0;
const listeners = new Set<() => void>();

function publish(next: readonly Toast[]): void {
  toasts = next;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function push(toast: Omit<Toast, "id">): void {
  lastId += 1;
  publish([...toasts.slice(1 - MOST), { ...toast, id: lastId }]);
}

export function toastDone(text: string, action: Toast["action"] = null): void {
  push({ tone: "good", text, detail: null, request: null, action });
}

/** Something was refused here, before the server was asked. */
export function toastRefused(text: string): void {
  push({ tone: "bad", text, detail: null, request: null, action: null });
}

export function toastError(error: unknown, text = texts().actions.failed): void {
  push({ tone: "bad", text, detail: explain(error), request: requestOf(error), action: null });
}

/** Part of something went wrong: what, and each reason on a line of its own. */
export function toastTrouble(text: string, detail: string, error: unknown): void {
  push({ tone: "bad", text, detail, request: requestOf(error), action: null });
}

/** Takes the latest undoable thing back while its toast is there. False when there is none. */
export function undoLatest(): boolean {
  const latest = toasts.findLast((toast) => toast.action !== null);
  if (latest === undefined) return false;
  publish(toasts.filter((one) => one !== latest));
  latest.action?.run();
  return true;
}

export function Toasts() {
  const t = useTexts();
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <Radix.Provider swipeDirection="right" label={t.common.notification}>
      {shown.map((toast) => (
        <Radix.Root
          key={toast.id}
          duration={toast.tone === "bad" ? 10_000 : toast.action === null ? 3500 : 6000}
          onOpenChange={(open) => !open && publish(toasts.filter((one) => one.id !== toast.id))}
          className="appear flex items-start gap-3 rounded-xl border border-line bg-raised p-3 shadow-float"
        >
          {toast.tone === "good" ? (
            <CircleCheck className="mt-0.5 size-4 shrink-0 text-accent-text" aria-hidden />
          ) : (
            <CircleAlert className="mt-0.5 size-4 shrink-0 text-danger" aria-hidden />
          )}
          <div className="min-w-0 flex-1">
            <Radix.Title className="text-[0.8125rem] font-medium">{toast.text}</Radix.Title>
            {toast.detail !== null && <Radix.Description className="mt-0.5 text-[0.8125rem] whitespace-pre-line text-ink-soft">{toast.detail}</Radix.Description>}
            {toast.request !== null && <p className="mt-1 font-mono text-2xs break-all text-ink-faint">{t.common.request(toast.request)}</p>}
          </div>
          {toast.action !== null && (
            <Radix.Action altText={toast.action.label} onClick={toast.action.run} className="shrink-0 text-[0.8125rem] font-semibold text-accent-text hover:underline">
              {toast.action.label}
            </Radix.Action>
          )}
          <Radix.Close aria-label={t.common.close} className="-m-1 shrink-0 rounded p-1 text-ink-faint hover:text-ink">
            <X className="size-3.5" />
          </Radix.Close>
        </Radix.Root>
      ))}
      <Radix.Viewport className="fixed right-4 bottom-4 z-50 flex max-md:top-16 max-md:bottom-auto w-88 max-w-[calc(100vw-2rem)] flex-col gap-2 outline-none" />
    </Radix.Provider>
  );
}
