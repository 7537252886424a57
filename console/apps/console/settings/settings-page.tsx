import { Volume2 } from "lucide-react";
import { useState, type ReactNode } from "react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { setLanguage, useLanguage, type Language } from "../../../lib/i18n/language";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { Button } from "../../../lib/ui/button";
import { Facts } from "../../../lib/ui/facts";
import { Toggle } from "../../../lib/ui/fields";
import { Page, Section } from "../../../lib/ui/page";
import { SOUND_EVENTS, setPreferences, usePreferences } from "../../../lib/ui/preferences";
import { play } from "../../../lib/ui/sound";
import { setTheme, useTheme, type Theme } from "../../../lib/ui/theme";
import { useMe } from "../session/me";

/** How the console looks, sounds and listens, for one person in one browser. */
export function SettingsPage() {
  const { settings: t } = useOperationsTexts();
  const { choices } = useAdminTexts();
  const { user } = useMe();
  const theme = useTheme();
  const language = useLanguage();
  const held = usePreferences();
  const [denied, setDenied] = useState<"no" | "yes">("no");
  const allowNotes = async (wanted: boolean) => {
    if (!wanted) {
      setPreferences({ desktopNotes: false });
      return;
    }
    const answer = typeof Notification === "undefined" ? "denied" : await Notification.requestPermission();
    setDenied(answer === "granted" ? "no" : "yes");
    setPreferences({ desktopNotes: answer === "granted" });
  };
  return (
    <Page title={t.title} lead={t.lead} narrow>
      <Section title={t.look}>
        <Panel>
          <Choice<Theme> label={t.theme} value={theme} onChange={setTheme} choices={[["system", t.system], ["light", t.light], ["dark", t.dark]]} />
          <Choice<Language> label={t.language} value={language} onChange={setLanguage} choices={[["en", "English"], ["fr", "Français"]]} />
          <Choice label={t.density} value={held.density} onChange={(density) => setPreferences({ density })} choices={[["comfortable", t.comfortable], ["compact", t.compact]]} />
        </Panel>
      </Section>
      <Section title={t.sounds} hint={t.soundsHint}>
        <Panel>
          {SOUND_EVENTS.map((event) => (
            <div key={event} className="flex items-center gap-3">
              <Toggle className="min-w-0 flex-1" label={t.events[event] ?? event} checked={held.sounds[event]} onChange={(change) => setPreferences({ sounds: { ...held.sounds, [event]: change.target.checked } })} />
              <Button aria-label={t.test(t.events[event] ?? event)} onClick={() => play(event)}>
                <Volume2 className="size-4" aria-hidden />
                {t.testShort}
              </Button>
            </div>
          ))}
          <div>
            <Toggle label={t.notes} checked={held.desktopNotes} onChange={(change) => void allowNotes(change.target.checked)} />
            <p className="mt-1 pl-6.5 text-xs text-ink-soft">{denied === "yes" ? t.notesDenied : t.notesHint}</p>
          </div>
        </Panel>
      </Section>
      <Section title={t.keys}>
        <Panel>
          <div>
            <Toggle label={t.singleKeys} checked={held.singleKeys} onChange={(change) => setPreferences({ singleKeys: change.target.checked })} />
            <p className="mt-1 pl-6.5 text-xs text-ink-soft">{t.singleKeysHint}</p>
          </div>
          <Choice label={t.send} value={held.sendWith} onChange={(sendWith) => setPreferences({ sendWith })} choices={[["enter", t.enter], ["mod_enter", t.modEnter]]} />
          <Choice label={t.after} value={held.afterClose} onChange={(afterClose) => setPreferences({ afterClose })} choices={[["next", t.next], ["list", t.list]]} />
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
