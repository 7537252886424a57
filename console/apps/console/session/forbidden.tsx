import { LockKeyhole } from "lucide-react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { EmptyState } from "../../../lib/ui/states";

/** A page for other roles: says which. */
export function Forbidden({ needs }: { needs: readonly string[] }) {
  const t = useOperationsTexts();
  const { choices } = useAdminTexts();
  return (
    <main id="main" tabIndex={-1} className="min-h-0 min-w-0 flex-1 outline-none">
      <EmptyState icon={LockKeyhole} title={t.forbidden.title} text={t.forbidden.text(needs.map((role) => choices[role] ?? role).join(", "))} />
    </main>
  );
}
