import { useDeskTexts } from "../../../lib/i18n/desk";
import { useTexts } from "../../../lib/i18n/language";
import { Dialog } from "../../../lib/ui/dialog";
import { Keys } from "../../../lib/ui/keys";
import { hide } from "./overlay";

export function ShortcutSheet() {
  const t = useTexts();
  const desk = useDeskTexts();
  const groups: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ["move", [["J", desk.keys.next], ["K", desk.keys.previous], ["Enter", desk.keys.open], ["U", desk.keys.back], ["/", desk.keys.search], ["X", desk.keys.select], ["Shift J", desk.keys.selectNext], ["Home", desk.keys.first], ["End", desk.keys.newest]]],
    ["act", [["I", desk.keys.take], ["A", desk.keys.assign], ["E", desk.keys.close], ["S", desk.keys.state], ["Z", desk.keys.snooze], ["T", desk.keys.tag], ["M", desk.keys.macro], ["C", desk.keys.ticket], ["Shift U", t.actions.markUnread], ["Mod Z", desk.keys.undo]]],
    ["write", [["R", desk.keys.reply], ["N", desk.keys.note], ["Enter", desk.keys.send], ["Mod Shift Enter", desk.keys.sendClose], ["Shift Enter", desk.keys.line], ["Shift M", desk.keys.canned], ["/", desk.keys.cannedHere], ["@", desk.keys.mention], ["Esc", desk.keys.leave]]],
    ["go", [["G I", t.shell.inbox], ["G C", desk.keys.cockpit], ["G D", desk.keys.dashboard], ["G A", desk.keys.alerts], ["G T", desk.talk], ["G P", desk.palette.contacts], ["G S", desk.search.title]]],
    ["else", [["Mod K", desk.keys.palette], ["?", desk.keys.sheet]]],
  ];
  return (
    <Dialog title={desk.keys.title} lead={desk.keys.lead} onClose={hide} width="max-w-3xl">
      <div className="grid gap-x-10 gap-y-6 sm:grid-cols-2">
        {groups.map(([name, keys]) => (
          <section key={name}>
            <h3 className="mb-2 text-xs font-semibold text-ink-faint">{desk.keys.groups[name]}</h3>
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
