// Contacts in and out as a list: an export of what is shown, and an import that is tried before it is done.
import { Download, Upload } from "lucide-react";
import { useRef, useState } from "react";
import { exportContacts, importContacts, importProgress, type ContactImport } from "../../../lib/api/files";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Button, IconButton } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useMe } from "../session/me";
import { saveFile } from "./save-file";

const KEEPERS: readonly string[] = ["admin", "supervisor"];
const LOOK_MS = 400;

export function ListTools({ q, onDone }: { q: string; onDone: () => void }) {
  const t = usePeopleTexts();
  const me = useMe();
  const [picked, setPicked] = useState<File | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  if (!KEEPERS.includes(me.user.role)) return null;
  const save = async () => {
    try {
      saveFile("contacts.csv", "text/csv", await exportContacts(q));
      toastDone(t.exported);
    } catch (error) {
      toastError(error);
    }
  };
  return (
    <span className="flex">
      <IconButton label={t.exportList} onClick={() => void save()}>
        <Download className="size-4" />
      </IconButton>
      <IconButton label={t.importList} onClick={() => picker.current?.click()}>
        <Upload className="size-4" />
      </IconButton>
      <input
        ref={picker}
        type="file"
        accept=".csv,text/csv"
        hidden
        aria-label={t.importList}
        onChange={(event) => {
          setPicked(event.target.files?.[0] ?? null);
          event.target.value = "";
        }}
      />
      {picked !== null && <ImportDialog file={picked} onClose={() => setPicked(null)} onDone={onDone} />}
    </span>
  );
}

function ImportDialog({ file, onClose, onDone }: { file: File; onClose: () => void; onDone: () => void }) {
  const t = usePeopleTexts();
  const [state, setState] = useState<"asked" | "running" | "checked" | "done">("asked");
  const [report, setReport] = useState<ContactImport | null>(null);
  const run = async (how: "check" | "store") => {
    setState("running");
    try {
      let now = await importContacts(await file.text(), how);
      setReport(now);
      while (now.status === "running") {
        // eslint-disable-next-line no-await-in-loop -- each look follows the one before
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        // eslint-disable-next-line no-await-in-loop -- as above
        now = await importProgress(now.id);
        setReport(now);
      }
      setState(how === "check" ? "checked" : "done");
      if (how === "store") onDone();
    } catch (error) {
      toastError(error, t.importFailed);
      setState("asked");
    }
  };
  return (
    <Dialog title={t.importList} lead={t.importLead} onClose={onClose}>
      <div className="grid gap-4">
        <p className="rounded-lg bg-sunken px-3 py-2 font-mono text-xs wrap-anywhere">{file.name}</p>
        {report !== null && <Report report={report} />}
        <div className="flex justify-end gap-2">
          <Button onClick={onClose}>{state === "done" ? t.close : t.cancel}</Button>
          {state !== "done" && (
            <Button disabled={state === "running"} onClick={() => void run("check")}>
              {t.importCheck}
            </Button>
          )}
          {state !== "done" && (
            <Button look="primary" disabled={state === "running"} onClick={() => void run("store")}>
              {t.importRun}
            </Button>
          )}
        </div>
      </div>
    </Dialog>
  );
}

function Report({ report }: { report: ContactImport }) {
  const t = usePeopleTexts();
  return (
    <div role="status" data-import={report.status} className="grid gap-2 text-[0.8125rem]">
      {report.status === "running" && <progress aria-label={t.progress(report.processed, report.total)} value={report.processed} max={Math.max(1, report.total)} className="h-1.5 w-full accent-accent" />}
      <p className="font-medium">{(report.dry_run ? t.importWould : t.importDid)(report.created, report.updated, report.failed)}</p>
      {report.errors.length > 0 && (
        <ul className="max-h-48 overflow-y-auto rounded-lg border border-line px-3 py-2 text-xs text-danger-ink">
          {report.errors.map((error) => (
            <li key={`${error.row} ${error.field ?? ""}`}>
              {t.importRow(error.row)} {error.field !== null && <b>{error.field}</b>} {error.problem}
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
