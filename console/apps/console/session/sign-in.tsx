import { Dialog } from "radix-ui";
import { useRef, useState, type SubmitEvent } from "react";
import { ApiError } from "../../../lib/api/http";
import type { Me } from "../../../lib/api/model";
import { signIn, signOut } from "../../../lib/api/session";
import { useTexts } from "../../../lib/i18n/language";
import type { Texts } from "../../../lib/i18n/en";
import { Button } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { TextField } from "../../../lib/ui/fields";
import { Logo } from "../shell/logo";
import { DemoIdentities } from "./demo-identities";

export function SignIn({ reason }: { reason: "none" | "expired" | "signed_out" }) {
  const t = useTexts();
  const [busy, setBusy] = useState<"no" | "yes">("no");
  return (
    <main className="grid min-h-full place-items-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex flex-col items-center text-center">
          <Logo className="size-11" />
          <h1 className="mt-4 text-xl font-semibold tracking-tight">{t.product}</h1>
          <p className="mt-1 text-ink-soft">{t.signIn.lead}</p>
        </div>
        <Credentials
          busy={busy}
          setBusy={setBusy}
          note={reason === "none" ? null : reason === "expired" ? t.signIn.expired : t.signIn.signedOut}
          className="rounded-2xl border border-line bg-surface p-6 shadow-float"
          offers="demo"
        />
      </div>
    </main>
  );
}

/** The session has ended under somebody's hands: they sign in over the page, which keeps what was typed. */
export function SignInAgain({ me }: { me: Me }) {
  const t = useTexts();
  const [busy, setBusy] = useState<"no" | "yes">("no");
  return (
    <Dialog.Root open>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-60 bg-canvas/70 backdrop-blur-md" />
        <Dialog.Content className="appear fixed inset-x-3 top-[12vh] z-60 mx-auto max-w-sm rounded-2xl border border-line bg-raised p-6 shadow-float" onEscapeKeyDown={(event) => event.preventDefault()} onPointerDownOutside={(event) => event.preventDefault()}>
          <Dialog.Title className="text-base font-semibold tracking-tight">{t.signIn.again}</Dialog.Title>
          <Dialog.Description className="mt-1 mb-4 text-[0.8125rem] text-ink-soft">{t.signIn.againLead}</Dialog.Description>
          <Credentials busy={busy} setBusy={setBusy} note={null} email={me.user.email ?? ""} offers="nothing" />
          <button type="button" className="mt-4 w-full text-center text-[0.8125rem] font-medium text-ink-soft hover:text-ink hover:underline" onClick={() => void signOut()}>
            {t.signIn.leave}
          </button>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  );
}

interface CredentialsProps {
  busy: "no" | "yes";
  setBusy: (busy: "no" | "yes") => void;
  /** Why one is asked. */
  note: string | null;
  /** Whose session it was. */
  email?: string;
  className?: string;
  /** Other ways in, below the form. */
  offers: "demo" | "nothing";
}

function Credentials({ busy, setBusy, note, email: known = "", className, offers }: CredentialsProps) {
  const t = useTexts();
  const [email, setEmail] = useState(known);
  const [password, setPassword] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const passwordField = useRef<HTMLInputElement>(null);
  const enter = async (asEmail: string, asPassword: string) => {
    setBusy("yes");
    setProblem(null);
    try {
      await signIn(asEmail, asPassword);
    } catch (error) {
      setProblem(explainRefusal(t, error));
      setBusy("no");
      setPassword("");
      passwordField.current?.focus();
    }
  };
  const submit = (event: SubmitEvent) => {
    event.preventDefault();
    void enter(email, password);
  };
  return (
    <>
      <form onSubmit={submit} className={cx("grid gap-4", className)}>
        {note !== null && problem === null && (
          <p role="status" className="rounded-lg bg-sunken px-3 py-2 text-[0.8125rem] text-ink-soft">
            {note}
          </p>
        )}
        <TextField label={t.signIn.email} type="email" name="email" autoComplete="username" required autoFocus={known === ""} value={email} onChange={(event) => setEmail(event.target.value)} />
        <TextField ref={passwordField} label={t.signIn.password} type="password" name="password" autoComplete="current-password" required autoFocus={known !== ""} value={password} onChange={(event) => setPassword(event.target.value)} />
        {problem !== null && (
          <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-[0.8125rem] text-danger-ink">
            {problem}
          </p>
        )}
        <Button type="submit" look="primary" className="h-10 w-full" disabled={busy === "yes"}>
          {busy === "yes" ? t.signIn.busy : t.signIn.submit}
        </Button>
      </form>
      {offers === "demo" && <DemoIdentities busy={busy} onPick={(identity) => void enter(identity.email, identity.password)} />}
    </>
  );
}

/** One sentence that does not say which field was wrong. */
function explainRefusal(t: Texts, error: unknown): string {
  if (!(error instanceof ApiError)) return t.signIn.failed;
  if (error.isNetwork) return t.signIn.unreachable;
  if (error.status === 429) return t.signIn.throttled;
  return error.status === 401 || error.status === 403 || error.status === 400 ? t.signIn.wrong : t.signIn.failed;
}
