import { useTexts } from "../../../lib/i18n/language";
import { Avatar } from "../../../lib/ui/avatar";
import { useDemoIdentities, type DemoIdentity } from "./demo";

/** The sample people of a demo server; nothing at all on any other. */
export function DemoIdentities({ busy, onPick }: { busy: "no" | "yes"; onPick: (identity: DemoIdentity) => void }) {
  const t = useTexts();
  const identities = useDemoIdentities();
  if (identities.length === 0) return null;
  return (
    <section aria-labelledby="demo-title" className="mt-6">
      <h2 id="demo-title" className="text-center text-xs font-medium text-ink-soft">
        {t.signIn.demo}
      </h2>
      <p className="mb-3 text-center text-xs text-ink-faint">{t.signIn.demoHint}</p>
      <ul className="grid gap-1.5">
        {identities.map((identity) => (
          <li key={identity.email}>
            <button
              type="button"
              disabled={busy === "yes"}
              onClick={() => onPick(identity)}
              className="flex w-full items-center gap-3 rounded-xl border border-line bg-surface px-3 py-2 text-left transition-colors hover:border-line-strong hover:bg-hover"
            >
              <Avatar name={identity.name} />
              <span className="min-w-0 flex-1">
                <span className="block truncate text-[0.8125rem] font-medium">{identity.name}</span>
                <span className="block truncate text-xs text-ink-faint">{identity.email}</span>
              </span>
              <span className="rounded-full bg-sunken px-2 py-0.5 text-2xs font-medium text-ink-soft">{t.signIn.roles[identity.role] ?? identity.role.replaceAll("_", " ")}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
