import { ListFilter } from "lucide-react";
import { listTags, listTeams } from "../../../lib/api/hub";
import type { Channel } from "../../../lib/api/model";
import { useTexts } from "../../../lib/i18n/language";
import { VIEWS, type ViewName } from "../../../lib/realtime/views";
import { IconButton } from "../../../lib/ui/button";
import { ChannelIcon } from "../../../lib/ui/channel-icon";
import { cx } from "../../../lib/ui/cx";
import { Menu, MenuChoices, MenuLine } from "../../../lib/ui/menu";
import { useRemote } from "../../../lib/ui/use-remote";
import { usePlace } from "./place";
import type { InboxSearch } from "../router";

const CHANNELS: readonly Channel[] = ["whatsapp", "sms", "email", "chat", "voice"];
const ANY = " any";

/** The other views, and the filters of all of them. */
export function FilterMenu() {
  const t = useTexts();
  const { view, search, show, filter } = usePlace();
  const teams = useRemote("teams", async () => (await listTeams()).data);
  const tags = useRemote("tags", async () => (await listTags()).data);
  const filtered = view.channel !== null || view.team !== null || view.tag !== null;
  const set = (name: "channel" | "team" | "tag", value: string) => {
    const rest: InboxSearch = { ...search };
    delete rest[name];
    filter(value === ANY ? rest : { ...rest, [name]: value });
  };
  const trigger = (
    <IconButton label={t.list.more} look="quiet" className={cx("size-9", filtered && "bg-accent-soft text-accent-text")}>
      <ListFilter className="size-4" />
    </IconButton>
  );
  return (
    <Menu trigger={trigger}>
      <MenuChoices<ViewName> label={t.list.label} value={view.name} onChange={show} choices={VIEWS.map((name) => [name, t.views[name]] as const)} />
      <MenuLine />
      <MenuChoices
        label={t.list.channel}
        value={view.channel ?? ANY}
        onChange={(channel) => set("channel", channel)}
        choices={[[ANY, t.list.anyChannel], ...CHANNELS.map((channel) => [channel, <ChannelLine key={channel} channel={channel} />] as const)]}
      />
      {(teams.value?.length ?? 0) > 1 && (
        <>
          <MenuLine />
          <MenuChoices
            label={t.list.team}
            value={view.team ?? ANY}
            onChange={(team) => set("team", team)}
            choices={[[ANY, t.list.anyTeam], ...(teams.value ?? []).map((team) => [team.slug, team.name] as const)]}
          />
        </>
      )}
      {(tags.value?.length ?? 0) > 0 && (
        <>
          <MenuLine />
          <MenuChoices
            label={t.list.tag}
            value={view.tag ?? ANY}
            onChange={(tag) => set("tag", tag)}
            choices={[[ANY, t.list.anyTag], ...(tags.value ?? []).map((tag) => [tag, tag] as const)]}
          />
        </>
      )}
    </Menu>
  );
}

function ChannelLine({ channel }: { channel: Channel }) {
  const t = useTexts();
  return (
    <>
      <ChannelIcon channel={channel} />
      {t.channels[channel]}
    </>
  );
}
