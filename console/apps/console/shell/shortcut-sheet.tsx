import { useTexts } from "../../../lib/i18n/language";
import { Dialog } from "../../../lib/ui/dialog";
import { Keys } from "../../../lib/ui/keys";
import { hide } from "./overlay";

export function ShortcutSheet() {
  const t = useTexts();
  const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ["move", [["J", t.keys.next], ["K", t.keys.previous], ["Enter", t.keys.open], ["U", t.keys.back], ["/", t.keys.search]]],
    ["act", [["T", t.keys.take], ["A", t.keys.assign], ["E", t.keys.close], ["Z", t.keys.snooze], ["L", t.keys.tag], ["M", t.keys.ticket]]],
    ["write", [["R", t.keys.reply], ["N", t.keys.note], ["Enter", t.keys.send], ["Shift Enter", t.keys.line], ["/", t.keys.canned], ["Esc", t.keys.leave]]],
    ["else", [["Mod K", t.keys.palette], ["?", t.keys.sheet]]],
  ];
  return (
    <Dialog title={t.keys.title} lead={t.keys.lead} onClose={hide} width="max-w-2xl">
      <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
        {groups.map(([name, keys]) => (
          <section key={name}>
            <h3 className="mb-2 text-xs font-semibold text-ink-faint">{t.keys.groups[name]}</h3>
            <dl className="grid gap-1.5">
              {keys.map(([key, text]) => (
                <div key={key + text} className="flex items-center justify-between gap-4">
                  <dt className="text-[0.8125rem]">{text}</dt>
                  <dd>
                    <Keys keys={key} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
