import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { useAuditTexts } from "../../../lib/i18n/audit";
import { useOperationsTexts } from "../../../lib/i18n/operations";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { cx } from "../../../lib/ui/cx";
import { inSight } from "../../../lib/ui/in-sight";
import { useMe } from "../session/me";
import { mends, seesRuns, seesSystem } from "../session/areas";
import { GROUPS, RESOURCES } from "./resources";

/** The pages of the administration beside each other; a row that scrolls on a phone. */
export function AdminArea({ here, children }: { here: string; children: ReactNode }) {
  const t = useAdminTexts();
  const people = usePeopleTexts();
  const operations = useOperationsTexts();
  const audit = useAuditTexts();
  const me = useMe();
  return (
    <div className="flex min-h-0 min-w-0 flex-1 flex-col md:flex-row">
      <nav aria-label={t.title} className="flex shrink-0 gap-1 overflow-x-auto border-line bg-canvas p-2 max-md:border-b md:w-52 md:flex-col md:overflow-y-auto md:border-r md:p-3">
        {GROUPS.map(([group, pages]) => {
          const seen = pages.filter((page) => RESOURCES[page].readers.includes(me.user.role));
          if (seen.length === 0) return null;
          return (
            <Group key={group} title={t.groups[group] ?? group}>
              {seen.map((page) => (
                <Place key={page} to={`/admin/${page}`} isHere={here === page}>
                  {t.pages[page] ?? page}
                </Place>
              ))}
            </Group>
          );
        })}
        <Group title={t.groups["operations"] ?? ""}>
          {seesRuns(me) && (
            <Place to="/admin/automation-runs" isHere={here === "automation-runs"}>
              {t.runs.title}
            </Place>
          )}
          {mends(me) && (
            <>
              <Place to="/admin/dead-letters" isHere={here === "dead-letters"}>
                {people.letters}
              </Place>
              <Place to="/admin/quarantine" isHere={here === "quarantine"}>
                {people.quarantine}
              </Place>
              <Place to="/admin/audit" isHere={here === "audit"}>
                {audit.title}
              </Place>
              <Place to="/admin/retention" isHere={here === "retention"}>
                {t.retention.title}
              </Place>
            </>
          )}
          {seesSystem(me) && (
            <Place to="/system" isHere={here === "system"}>
              {operations.system.title}
            </Place>
          )}
        </Group>
      </nav>
      {children}
    </div>
  );
}

function Group({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="flex gap-1 md:mb-4 md:flex-col">
      <p className="px-2.5 pb-1 text-2xs font-semibold text-ink-faint max-md:hidden">{title}</p>
      {children}
    </div>
  );
}

function Place({ to, isHere, children }: { to: string; isHere: boolean; children: ReactNode }) {
  return (
    <Link
      to={to}
      ref={isHere ? inSight : null}
      {...(isHere ? { "aria-current": "page" as const } : {})}
      className={cx("scroll-my-16 rounded-lg px-2.5 py-1.5 text-[0.8125rem] whitespace-nowrap", isHere ? "bg-accent-soft font-medium text-accent-text" : "text-ink-soft hover:bg-hover hover:text-ink")}
    >
      {children}
    </Link>
  );
}
