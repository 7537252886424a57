import { useNavigate } from "@tanstack/react-router";
import { undoLatest } from "../../../lib/ui/toast";
import { useKeys } from "./keyboard";
import { show } from "./overlay";

/** The keys that work on every page. */
export function useGlobalKeys(): void {
  const navigate = useNavigate();
  const go = (path: string) => () => void navigate({ to: path });
  useKeys({
    "?": () => show({ kind: "sheet" }),
    "Mod+k": () => show({ kind: "palette" }),
    "Mod+z": () => void undoLatest(),
    "g i": go("/inbox/all"),
    "g c": go("/cockpit"),
    "g d": go("/dashboard"),
    "g a": go("/alerts"),
    "g t": go("/team"),
    "g p": go("/contacts"),
    "g s": go("/search"),
  });
}
