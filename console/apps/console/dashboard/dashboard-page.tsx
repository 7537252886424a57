// How the hub does: an overview of all reports, and a page for each. No figure is made here.
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { listTeams } from "../../../lib/api/hub";
import { REPORTS, type ReportName } from "../../../lib/api/reports";
import { useDashboardTexts } from "../../../lib/i18n/dashboard";
import { cx } from "../../../lib/ui/cx";
import { inSight } from "../../../lib/ui/in-sight";
import { Page } from "../../../lib/ui/page";
import { useRemote } from "../../../lib/ui/use-remote";
import type { ReportSearch } from "../router";
import { seesReports } from "../session/areas";
import { Forbidden } from "../session/forbidden";
import { useMe } from "../session/me";
import { ReportPanel } from "./report-panel";
import { RANGES, rangeOf } from "./reports";

/** Who sees the figures of every team; others see those of their own. */
const SEES_ALL: readonly string[] = ["admin", "auditor"];
const NARROW = "h-8 rounded-lg border border-line-strong bg-surface px-2 text-[0.8125rem]";

export function DashboardPage() {
  const t = useDashboardTexts();
  const me = useMe();
  const { report } = useParams({ strict: false });
  const search: ReportSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const known = useRemote("teams", async () => (await listTeams()).data);
  const name = REPORTS.find((one) => one === report) ?? null;
  if (!seesReports(me)) return <Forbidden needs={["admin", "supervisor", "team_lead", "auditor"]} />;
  const teams = (known.value ?? []).filter((one) => SEES_ALL.includes(me.user.role) || me.user.teams.some((own) => own.id === one.id));
  const range = rangeOf(search.range);
  const team = search.team ?? null;
  const go = (change: ReportSearch) => {
    const next = { ...search, ...change };
    const kept = Object.fromEntries(Object.entries(next).filter(([, value]) => value !== "")) as ReportSearch;
    void navigate(name === null ? { to: "/dashboard", search: kept, replace: true } : { to: "/dashboard/$report", params: { report: name }, search: kept, replace: true });
  };
  const choices = (
    <>
      <select aria-label={t.team} value={team ?? ""} onChange={(event) => go({ team: event.target.value })} className={cx(NARROW, "max-w-48")}>
        <option value="">{t.allTeams}</option>
        {teams.map((one) => (
          <option key={one.slug} value={one.slug}>
            {one.name}
          </option>
        ))}
      </select>
      <select aria-label={t.range} value={range} onChange={(event) => go({ range: event.target.value })} className={NARROW}>
        {RANGES.map((one) => (
          <option key={one} value={one}>
            {t.ranges[one]}
          </option>
        ))}
      </select>
    </>
  );
  const shown = name === null ? REPORTS : [name];
  return (
    <Page title={t.title} lead={t.lead} actions={choices} tabs={<ReportTabs here={name} search={search} />}>
      {shown.map((one) => (
        <ReportPanel key={`${one} ${range} ${team}`} name={one} range={range} team={team} form={name === null ? "glance" : search.view === "table" ? "table" : "chart"} onView={(view) => go({ view })} />
      ))}
    </Page>
  );
}

function ReportTabs({ here, search }: { here: ReportName | null; search: ReportSearch }) {
  const t = useDashboardTexts();
  const look = (isHere: boolean) =>
    cx("border-b-2 pb-2 text-[0.8125rem] font-medium whitespace-nowrap", isHere ? "border-accent text-accent-text" : "border-transparent text-ink-soft hover:text-ink");
  return (
    <nav aria-label={t.title} className="-mb-px flex gap-5 overflow-x-auto">
      <Link to="/dashboard" search={search} {...(here === null ? { "aria-current": "page" as const } : {})} className={look(here === null)}>
        {t.overview}
      </Link>
      {REPORTS.map((name) => (
        <Link key={name} to="/dashboard/$report" params={{ report: name }} search={search} ref={name === here ? inSight : null} {...(name === here ? { "aria-current": "page" as const } : {})} className={look(name === here)}>
          {t.reports[name]}
        </Link>
      ))}
    </nav>
  );
}
