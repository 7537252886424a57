import { useRef, useState, type SubmitEvent } from "react";
import { addEvidence } from "../../../lib/api/dispatch";
import { useCockpitTexts } from "../../../lib/i18n/cockpit";
import { Button } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Select, TextField } from "../../../lib/ui/fields";
import { explain } from "../../../lib/ui/states";
import { toastDone } from "../../../lib/ui/toast";

const KINDS = ["PHOTO", "VIDEO", "DOCUMENT", "SIGNATURE", "NOTE", "SENSOR_TEST"] as const;

/** A file that proves something: its checksum is made here, before it leaves. */
export function EvidenceDialog({ ticketId, code, onClose, onDone }: { ticketId: string; code: string; onClose: () => void; onDone: () => void }) {
  const t = useCockpitTexts();
  const [kind, setKind] = useState<string>("PHOTO");
  const [requirement, setRequirement] = useState("");
  const [file, setFile] = useState<File | null>(null);
  const [refusal, setRefusal] = useState<unknown>(null);
  const [busy, setBusy] = useState<"no" | "yes">("no");
  const key = useRef(crypto.randomUUID());
  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (file === null) return;
    setBusy("yes");
    setRefusal(null);
    try {
      await addEvidence(ticketId, file, kind, requirement.trim(), key.current);
      toastDone(t.done(t.evidence.add));
      onDone();
      onClose();
    } catch (error) {
      setRefusal(error);
      setBusy("no");
    }
  };
  return (
    <Dialog title={t.evidence.add} lead={code} onClose={onClose}>
      <form onSubmit={(event) => void submit(event)} className="grid gap-4">
        <Select label={t.evidence.kind} value={kind} onChange={(event) => setKind(event.target.value)}>
          {KINDS.map((one) => (
            <option key={one} value={one}>
              {t.evidence.kinds[one]}
            </option>
          ))}
        </Select>
        <TextField label={t.evidence.key} value={requirement} autoComplete="off" onChange={(event) => setRequirement(event.target.value)} />
        <TextField label={t.evidence.file} type="file" className="h-auto! py-1.5" onChange={(event) => setFile(event.target.files?.[0] ?? null)} />
        {refusal !== null && (
          <p role="alert" className="rounded-xl bg-danger-soft px-3 py-2.5 text-[0.8125rem] text-danger-ink">
            {explain(refusal)}
          </p>
        )}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{t.cancel}</Button>
          <Button type="submit" look="primary" disabled={file === null || busy === "yes"}>
            {t.evidence.add}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
