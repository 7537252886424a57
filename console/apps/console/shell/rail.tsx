import { Link, useLocation, useParams } from "@tanstack/react-router";
import { BellRing, ChartNoAxesCombined, ClipboardList, ContactRound, FileCheck2, Inbox, Keyboard, MessagesSquare, Settings2, Smartphone, type LucideIcon } from "lucide-react";
import { useAreaTexts } from "../../../lib/i18n/areas";
import { useTexts } from "../../../lib/i18n/language";
import { useTalk } from "../../../lib/realtime/hooks";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { Avatar } from "../../../lib/ui/avatar";
import { IconButton } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { part } from "../../../lib/ui/part";
import { Tip } from "../../../lib/ui/tip";
import { usePlace } from "../inbox/place";
import { administers, dispatches, seesAlerts, seesDrafts, seesReports, talks, worksInbox } from "../session/areas";
import { useDemoIdentities } from "../session/demo";
import { useMe } from "../session/me";
import { show } from "./overlay";
import { Logo } from "./logo";

const AccountMenu = part(async () => (await import("./account-menu")).AccountMenu, Myself);

const AREA = "flex size-10 max-md:size-9 shrink-0 items-center justify-center rounded-xl";
const HERE = "bg-accent-soft text-accent-text";
const ELSEWHERE = "text-ink-soft hover:bg-hover hover:text-ink";
const AREAS = ["team", "contacts", "cockpit", "approvals", "dashboard", "alerts", "admin", "system", "settings", "dev"] as const;
type Area = (typeof AREAS)[number] | "inbox";

/** The areas of the console on the left edge; along the bottom of a phone, where an open thread hides it. */
export function Rail() {
  const t = useTexts();
  const areas = useAreaTexts();
  const people = usePeopleTexts();
  const me = useMe();
  const demo = useDemoIdentities().length > 0;
  const { conversationId } = usePlace();
  const { threadId } = useParams({ strict: false });
  const first = useLocation({ select: ({ pathname }) => AREAS.find((one) => pathname.includes(`/${one}/`) || pathname.endsWith(`/${one}`)) ?? "inbox" });
  const area: Area = first === "system" ? "admin" : first;
  return (
    <nav
      aria-label={t.product}
      className={cx(
        "fixed inset-x-0 bottom-0 z-20 items-center border-line bg-canvas px-3 py-2 max-md:border-t md:static md:w-14 md:shrink-0 md:flex-col md:border-r md:px-0 md:py-3",
        conversationId === null && threadId === undefined ? "flex" : "hidden md:flex",
      )}
    >
      <Logo className="hidden size-8 shrink-0 md:block" />
      <div className="flex min-h-0 min-w-0 flex-1 items-center gap-1 overflow-x-auto max-md:gap-0 [scrollbar-width:none] max-md:mr-2 max-md:justify-between md:mt-5 md:flex-col md:overflow-x-visible md:overflow-y-auto">
        {worksInbox(me) && <Place to="/inbox/all" name={t.shell.inbox} icon={Inbox} isHere={area === "inbox"} />}
        {talks(me) && <TeamPlace isHere={area === "team"} />}
        {worksInbox(me) && <Place to="/contacts" name={people.contacts} icon={ContactRound} isHere={area === "contacts"} />}
        {dispatches(me) && <Place to="/cockpit" name={areas.cockpit} icon={ClipboardList} isHere={area === "cockpit"} />}
        {seesDrafts(me) && <Place to="/approvals" name={areas.approvals} icon={FileCheck2} isHere={area === "approvals"} />}
        {seesReports(me) && <Place to="/dashboard" name={areas.dashboard} icon={ChartNoAxesCombined} isHere={area === "dashboard"} />}
        {seesAlerts(me) && <Place to="/alerts" name={areas.alerts} icon={BellRing} isHere={area === "alerts"} />}
        {administers(me) && <Place to="/admin/teams" name={areas.administration} icon={Settings2} isHere={area === "admin"} />}
        {demo && (
          <Tip label={t.shell.phones}>
            <a href="/sim/" target="_blank" rel="noreferrer" aria-label={t.shell.phones} className={cx(AREA, ELSEWHERE, "max-md:hidden")}>
              <Smartphone className="size-5" strokeWidth={1.9} />
            </a>
          </Tip>
        )}
      </div>
      <div className="flex items-center gap-2 md:flex-col">
        <IconButton label={t.shell.shortcuts} keys="?" className="size-10 max-md:hidden" onClick={() => show({ kind: "sheet" })}>
          <Keyboard className="size-5" strokeWidth={1.9} />
        </IconButton>
        <AccountMenu />
      </div>
    </nav>
  );
}

/** Stands where the account's menu will be. */
function Myself() {
  return <Avatar name={useMe().user.full_name} />;
}

/** The talk among colleagues, with a dot while something there is unread. */
function TeamPlace({ isHere }: { isHere: boolean }) {
  const areas = useAreaTexts();
  const { unread } = useTalk();
  return <Place to="/team" name={unread === 0 ? areas.team : `${areas.team}: ${areas.unread(unread)}`} icon={MessagesSquare} isHere={isHere} dot={unread > 0 ? "unread" : "none"} />;
}

function Place({ to, name, icon: Icon, isHere, dot = "none" }: { to: string; name: string; icon: LucideIcon; isHere: boolean; dot?: "none" | "unread" }) {
  return (
    <Tip label={name}>
      <Link to={to} aria-label={name} {...(isHere ? { "aria-current": "page" as const } : {})} className={cx(AREA, "relative", isHere ? HERE : ELSEWHERE)}>
        <Icon className="size-5" strokeWidth={1.9} />
        {dot === "unread" && <span data-unread className="absolute top-1.5 right-1.5 size-2 rounded-full bg-accent ring-2 ring-canvas" />}
      </Link>
    </Tip>
  );
}
