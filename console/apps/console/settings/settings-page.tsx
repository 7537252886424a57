import { Volume2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { setLanguage, useLanguage, type Language } from "../../../lib/i18n/language";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { Button } from "../../../lib/ui/button";
import { Facts } from "../../../lib/ui/facts";
import { TextField, Toggle } from "../../../lib/ui/fields";
import { Page, Section } from "../../../lib/ui/page";
import { NOTICES, setPreferences, usePreferences, type NoticeKind, type Switch } from "../../../lib/preferences";
import { setDensity, useDensity, type Density } from "../../../lib/ui/density";
import { setTheme, useTheme, type Theme } from "../../../lib/ui/theme";
import { useMe } from "../session/me";
import { chime } from "../shell/chime";

/** How the console looks, sounds and listens, for one person in one browser. */
export function SettingsPage() {
  const { settings: t } = useOperationsTexts();
  const { choices } = useAdminTexts();
  const { user } = useMe();
  const theme = useTheme();
  const language = useLanguage();
  const density = useDensity();
  const held = usePreferences();
  const [denied, setDenied] = useState<"no" | "yes">("no");
  const sound = (kind: NoticeKind, on: boolean) => setPreferences({ sound: { ...held.sound, [kind]: word(on) } });
  const note = async (kind: NoticeKind, on: boolean) => {
    if (on) {
      const answer = typeof Notification === "undefined" ? "denied" : await Notification.requestPermission();
      setDenied(answer === "granted" ? "no" : "yes");
      if (answer !== "granted") return;
    }
    setPreferences({ desktop: { ...held.desktop, [kind]: word(on) } });
  };
  return (
    <Page title={t.title} lead={t.lead} narrow>
      <Section title={t.look}>
        <Panel>
          <Choice<Theme> label={t.theme} value={theme} onChange={setTheme} choices={[["system", t.system], ["light", t.light], ["dark", t.dark]]} />
          <Choice<Language> label={t.language} value={language} onChange={setLanguage} choices={[["en", "English"], ["fr", "Français"]]} />
          <Choice<Density> label={t.density} value={density} onChange={setDensity} choices={[["comfortable", t.comfortable], ["compact", t.compact]]} />
        </Panel>
      </Section>
      <Section title={t.sounds} hint={t.soundsHint}>
        <Panel>
          {NOTICES.map((kind) => (
            <div key={kind} data-notice={kind} className="flex flex-wrap items-center gap-x-5 gap-y-1">
              <span className="w-72 text-[0.8125rem] font-medium max-sm:w-full">{t.events[kind] ?? kind}</span>
              <Toggle label={t.sound} checked={held.sound[kind] === "on"} aria-label={`${t.sound}: ${t.events[kind] ?? kind}`} onChange={(change) => sound(kind, change.target.checked)} />
              <Toggle label={t.note} checked={held.desktop[kind] === "on"} aria-label={`${t.note}: ${t.events[kind] ?? kind}`} onChange={(change) => void note(kind, change.target.checked)} />
              <Button aria-label={t.test(t.events[kind] ?? kind)} onClick={() => chime(kind)}>
                <Volume2 className="size-4" aria-hidden />
                {t.testShort}
              </Button>
            </div>
          ))}
          <p className="text-xs text-ink-soft">{denied === "yes" ? t.notesDenied : t.notesHint}</p>
          <Toggle label={t.noteText} checked={held.noteText === "on"} onChange={(change) => setPreferences({ noteText: word(change.target.checked) })} />
          <div className="flex flex-wrap items-end gap-3">
            <TextField label={t.quietFrom} type="time" value={held.quietFrom} onChange={(change) => setPreferences({ quietFrom: change.target.value })} />
            <TextField label={t.quietTo} type="time" value={held.quietTo} onChange={(change) => setPreferences({ quietTo: change.target.value })} />
          </div>
        </Panel>
      </Section>
      <Section title={t.keys}>
        <Panel>
          <div>
            <Toggle label={t.singleKeys} checked={held.letters === "on"} onChange={(change) => setPreferences({ letters: word(change.target.checked) })} />
            <p className="mt-1 pl-6.5 text-xs text-ink-soft">{t.singleKeysHint}</p>
          </div>
          <Choice label={t.send} value={held.sendChat} onChange={(sendChat) => setPreferences({ sendChat })} choices={[["enter", t.enter], ["mod", t.modEnter]]} />
          <Choice label={t.sendMail} value={held.sendMail} onChange={(sendMail) => setPreferences({ sendMail })} choices={[["enter", t.enter], ["mod", t.modEnter]]} />
          <Choice label={t.after} value={held.afterClose} onChange={(afterClose) => setPreferences({ afterClose })} choices={[["next", t.next], ["list", t.list], ["stay", t.stay]]} />
        </Panel>
      </Section>
      <Section title={t.profile}>
        <Panel>
          <Facts of={[[t.name, user.full_name], [t.email, user.email], [t.role, choices[user.role] ?? user.role], [t.teams, user.teams.map((team) => team.name).join(", ")]]} />
        </Panel>
      </Section>
    </Page>
  );
}

function word(on: boolean): Switch {
  return on ? "on" : "off";
}

function Panel({ children }: { children: ReactNode }) {
  return <div className="grid gap-4 rounded-xl border border-line bg-surface p-4">{children}</div>;
}

function Choice<T extends string>(props: { label: string; value: T; onChange: (value: T) => void; choices: readonly (readonly [T, string])[] }) {
  return (
    <fieldset className="flex flex-wrap items-center gap-x-5 gap-y-2">
      <legend className="float-left w-56 text-[0.8125rem] font-medium max-sm:w-full">{props.label}</legend>
      {props.choices.map(([value, text]) => (
        <label key={value} className="flex min-h-6 items-center gap-2 text-[0.8125rem]">
          <input type="radio" name={props.label} checked={props.value === value} onChange={() => props.onChange(value)} className="size-4 accent-accent" />
          {text}
        </label>
      ))}
    </fieldset>
  );
}
