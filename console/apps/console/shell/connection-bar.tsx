import { useEffect, useState } from "react";
import { CloudOff, CircleCheck } from "lucide-react";
import { useTexts } from "../../../lib/i18n/language";
import { usePhase } from "../../../lib/realtime/hooks";

const PATIENCE_MS = 3000;
const FAREWELL_MS = 2000;

/** Silent for short interruptions; says so when the connection stays away, and when it is back. */
export function ConnectionBar() {
  const t = useTexts();
  const phase = usePhase();
  const [shown, setShown] = useState<"nothing" | "away" | "back">("nothing");
  useEffect(() => {
    if (phase === "live") {
      setShown((before) => (before === "away" ? "back" : "nothing"));
      const timer = setTimeout(() => setShown("nothing"), FAREWELL_MS);
      return () => clearTimeout(timer);
    }
    const timer = setTimeout(() => setShown("away"), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [phase]);
  return (
    <div role="status" data-connection={phase}>
      {shown === "away" && (
        <p className="flex items-center justify-center gap-2 bg-warn-soft px-4 py-1.5 text-xs font-medium text-warn-ink">
          <CloudOff className="size-3.5 shrink-0" aria-hidden />
          {t.connection.reconnecting}
        </p>
      )}
      {shown === "back" && (
        <p className="flex items-center justify-center gap-2 bg-accent-soft px-4 py-1.5 text-xs font-medium text-accent-text">
          <CircleCheck className="size-3.5 shrink-0" aria-hidden />
          {t.connection.restored}
        </p>
      )}
    </div>
  );
}
