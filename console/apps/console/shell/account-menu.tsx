import { useNavigate } from "@tanstack/react-router";
import { LogOut, SlidersHorizontal } from "lucide-react";
import { signOut } from "../../../lib/api/session";
import { useAreaTexts } from "../../../lib/i18n/areas";
import { setLanguage, useLanguage, useTexts, type Language } from "../../../lib/i18n/language";
import { usePresence, useWorkspace } from "../../../lib/realtime/hooks";
import { Avatar } from "../../../lib/ui/avatar";
import { Menu, MenuChoices, MenuItem, MenuLine } from "../../../lib/ui/menu";
import { PresenceDot } from "../../../lib/ui/presence-dot";
import { setTheme, useTheme, type Theme } from "../../../lib/ui/theme";
import { useMe } from "../session/me";

export function AccountMenu() {
  const t = useTexts();
  const areas = useAreaTexts();
  const navigate = useNavigate();
  const { user } = useMe();
  const theme = useTheme();
  const language = useLanguage();
  const workspace = useWorkspace();
  const presence = usePresence(user.id) ?? "online";
  const trigger = (
    <button type="button" aria-label={t.shell.account} className="relative rounded-full">
      <Avatar name={user.full_name} />
      <PresenceDot status={presence} className="absolute -right-0.5 -bottom-0.5" />
    </button>
  );
  return (
    <Menu trigger={trigger} side="right" align="end">
      <div className="flex items-center gap-3 px-2.5 py-2">
        <Avatar name={user.full_name} />
        <div className="min-w-0">
          <p className="truncate text-[0.8125rem] font-medium">{user.full_name}</p>
          <p className="truncate text-xs text-ink-faint">{user.email}</p>
        </div>
      </div>
      <MenuLine />
      <MenuChoices<"online" | "away">
        label={t.shell.presence}
        value={presence === "away" ? "away" : "online"}
        onChange={(status) => workspace.setPresence(status)}
        choices={[
          ["online", <PresenceLine key="online" status="online" text={t.shell.online} />],
          ["away", <PresenceLine key="away" status="away" text={t.shell.away} />],
        ]}
      />
      <MenuLine />
      <MenuChoices<Theme>
        label={t.shell.theme}
        value={theme}
        onChange={setTheme}
        choices={[
          ["system", t.shell.system],
          ["light", t.shell.light],
          ["dark", t.shell.dark],
        ]}
      />
      <MenuLine />
      <MenuChoices<Language>
        label={t.shell.language}
        value={language}
        onChange={setLanguage}
        choices={[
          ["en", "English"],
          ["fr", "Français"],
        ]}
      />
      <MenuLine />
      <MenuItem icon={<SlidersHorizontal className="size-4 text-ink-faint" aria-hidden />} onSelect={() => void navigate({ to: "/settings" })}>
        {areas.settings}
      </MenuItem>
      <MenuItem icon={<LogOut className="size-4 text-ink-faint" aria-hidden />} onSelect={() => void signOut()}>
        {t.shell.signOut}
      </MenuItem>
    </Menu>
  );
}

function PresenceLine({ status, text }: { status: "online" | "away"; text: string }) {
  return (
    <>
      <PresenceDot status={status} />
      {text}
    </>
  );
}
