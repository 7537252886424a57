import { Copy } from "lucide-react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useTexts } from "../../../lib/i18n/language";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { toastDone, toastError } from "../../../lib/ui/toast";

/** A secret that is shown this once. */
export function SecretDialog({ secret, hint, onClose }: { secret: string; hint?: string; onClose: () => void }) {
  const t = useAdminTexts();
  const { common } = useTexts();
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(secret);
      toastDone(t.hooks.copied);
    } catch (error) {
      toastError(error, t.hooks.notCopied);
    }
  };
  return (
    <Dialog title={t.hooks.secret} lead={hint ?? t.hooks.secretOnce} onClose={onClose}>
      <output data-secret className="block rounded-xl border border-line bg-sunken p-3 font-mono text-xs wrap-anywhere select-all">
        {secret}
      </output>
      <div className="mt-5 flex flex-wrap justify-end gap-2">
        <Button onClick={() => void copy()}>
          <Copy className="size-4" aria-hidden />
          {common.copy}
        </Button>
        <Button look="primary" onClick={onClose}>
          {t.hooks.noted}
        </Button>
      </div>
    </Dialog>
  );
}
