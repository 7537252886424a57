import { useRef, useState, type SubmitEvent } from "react";
import { ApiError } from "../../../lib/api/http";
import { signIn } from "../../../lib/api/session";
import { useTexts } from "../../../lib/i18n/language";
import type { Texts } from "../../../lib/i18n/en";
import { Button } from "../../../lib/ui/button";
import { TextField } from "../../../lib/ui/fields";
import { Logo } from "../shell/logo";
import { DemoIdentities } from "./demo-identities";

export function SignIn({ reason }: { reason: "none" | "expired" | "signed_out" }) {
  const t = useTexts();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const [busy, setBusy] = useState<"no" | "yes">("no");
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
    <main className="grid min-h-full place-items-center px-4 py-10">
      <div className="w-full max-w-sm">
        <div className="mb-8 flex flex-col items-center text-center">
          <Logo className="size-11" />
          <h1 className="mt-4 text-xl font-semibold tracking-tight">{t.product}</h1>
          <p className="mt-1 text-ink-soft">{t.signIn.lead}</p>
        </div>
        <form onSubmit={submit} className="grid gap-4 rounded-2xl border border-line bg-surface p-6 shadow-float">
          {reason !== "none" && problem === null && (
            <p role="status" className="rounded-lg bg-sunken px-3 py-2 text-[0.8125rem] text-ink-soft">
              {reason === "expired" ? t.signIn.expired : t.signIn.signedOut}
            </p>
          )}
          <TextField label={t.signIn.email} type="email" name="email" autoComplete="username" required autoFocus value={email} onChange={(event) => setEmail(event.target.value)} />
          <TextField ref={passwordField} label={t.signIn.password} type="password" name="password" autoComplete="current-password" required value={password} onChange={(event) => setPassword(event.target.value)} />
          {problem !== null && (
            <p role="alert" className="rounded-lg bg-danger-soft px-3 py-2 text-[0.8125rem] text-danger-ink">
              {problem}
            </p>
          )}
          <Button type="submit" look="primary" className="h-10 w-full" disabled={busy === "yes"}>
            {busy === "yes" ? t.signIn.busy : t.signIn.submit}
          </Button>
        </form>
        <DemoIdentities busy={busy} onPick={(identity) => void enter(identity.email, identity.password)} />
      </div>
    </main>
  );
}

/** One sentence that does not say which field was wrong. */
function explainRefusal(t: Texts, error: unknown): string {
  if (!(error instanceof ApiError)) return t.signIn.failed;
  if (error.isNetwork) return t.signIn.unreachable;
  if (error.status === 429) return t.signIn.throttled;
  return error.status === 401 || error.status === 403 || error.status === 400 ? t.signIn.wrong : t.signIn.failed;
}
