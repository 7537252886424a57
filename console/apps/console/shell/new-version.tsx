// After the server was updated this page is older than the server: says so and offers to load the new one. Nothing is forced:
// somebody may be writing.
import { RefreshCw } from "lucide-react";
import { useEffect, useState } from "react";
import { useTexts } from "../../../lib/i18n/language";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Button } from "../../../lib/ui/button";

const EVERY_MS = 15 * 60_000;

export function NewVersion() {
  const t = useTexts();
  const workspace = useWorkspace();
  const [state, setState] = useState<"same" | "newer">("same");
  useEffect(() => {
    let current = true;
    const look = () => void isNewer().then((newer) => current && newer && setState("newer"));
    // An update ends every connection: the one that comes after it may lead to another server.
    const stop = workspace.onPhase(() => workspace.phase() === "live" && look());
    const timer = setInterval(look, EVERY_MS);
    return () => {
      current = false;
      stop();
      clearInterval(timer);
    };
  }, [workspace]);
  if (state === "same") return null;
  return (
    <div role="status" data-new-version className="flex items-center justify-center gap-3 bg-accent-soft px-4 py-1.5 text-xs font-medium text-accent-text">
      {t.connection.newer}
      <Button className="h-7" onClick={() => location.reload()}>
        <RefreshCw className="size-3.5" aria-hidden />
        {t.connection.reload}
      </Button>
    </div>
  );
}

/** Whether the server's page starts with another script than this one. */
async function isNewer(): Promise<boolean> {
  const ours = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute("src") ?? null;
  if (ours === null || !import.meta.env.PROD) return false;
  try {
    const response = await fetch("/app/", { cache: "no-store", headers: { accept: "text/html" } });
    return response.ok && !(await response.text()).includes(ours);
  } catch {
    return false;
  }
}
