// Which areas a role gets to see. The server decides again on every call; this only leaves out what would be refused.
import type { Me } from "../../../lib/api/model";

const among = (...roles: readonly string[]) => (me: Me): boolean => roles.includes(me.user.role);

export const worksInbox = among("admin", "supervisor", "team_lead", "support_agent", "auditor");
export const dispatches = among("admin", "supervisor", "team_lead", "dispatcher", "auditor");
export const seesDrafts = among("admin", "supervisor", "team_lead", "support_agent", "auditor");
export const setsSwitches = among("admin", "supervisor");
export const seesAlerts = among("admin", "supervisor", "dispatcher", "auditor");
/** Whoever is told of an alert sees it; a few roles see all. */
export const looksAfterAlerts = among("admin", "supervisor", "team_lead", "dispatcher", "support_agent", "auditor");
export const administers = among("admin", "supervisor", "team_lead", "dispatcher", "auditor");
export const mends = among("admin", "supervisor", "auditor");
export const seesRuns = among("admin", "supervisor", "team_lead", "support_agent", "auditor");
export const worksConversations = among("admin", "supervisor", "team_lead", "support_agent");
/** Who takes part in the talk among colleagues. */
export const talks = among("admin", "supervisor", "team_lead", "support_agent", "dispatcher");
export const seesSystem = among("admin", "supervisor", "dispatcher", "auditor");
export const seesReports = among("admin", "supervisor", "team_lead", "auditor");

/** Where somebody starts. */
export function homeOf(me: Me): "inbox" | "/cockpit" | "/approvals" | "/settings" {
  if (worksInbox(me)) return "inbox";
  if (dispatches(me)) return "/cockpit";
  return seesDrafts(me) ? "/approvals" : "/settings";
}
