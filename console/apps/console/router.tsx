// The addresses of the console. Filters live in the address, so that a link shows the same list to everybody.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { CockpitFilter } from "../../lib/api/dispatch";
import type { Channel } from "../../lib/api/model";
import { VIEWS, type ViewName } from "../../lib/realtime/views";
import { sessionState } from "../../lib/api/session";
import { InboxPage } from "./inbox/inbox-page";
import { homeOf } from "./session/areas";
import { Shell } from "./shell/shell";

export interface InboxSearch {
  channel?: Channel;
  team?: string;
  tag?: string;
  /** Whose conversations: a user's id. */
  agent?: string;
  q?: string;
  /** A note of the open conversation to show. */
  note?: string;
}

/** Which stretch of time, whose, and how it is looked at. */
export interface ReportSearch {
  range?: string;
  team?: string;
  view?: string;
}

const CHANNELS: readonly string[] = ["whatsapp", "sms", "email", "chat", "voice"];

/** The named filters that say something. A number in an address is read as text. */
function texts<Name extends string>(search: Record<string, unknown>, names: readonly Name[]): Partial<Record<Name, string>> {
  const found: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = search[name];
    if ((typeof value === "string" && value !== "") || typeof value === "number") found[name] = String(value);
  }
  return found;
}

const root = createRootRoute({ component: Shell, notFoundComponent: () => null });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw toFirstPage();
  },
});

/** Where whoever is signed in starts: the inbox, the cockpit, or what else their role works with. */
function toFirstPage() {
  const session = sessionState();
  const home = session.kind === "signed_in" ? homeOf(session.me) : "inbox";
  return home === "inbox" ? redirect({ to: "/inbox/$view", params: { view: "all" } }) : redirect({ to: home });
}

const inbox = createRoute({
  getParentRoute: () => root,
  path: "/inbox/$view",
  component: InboxPage,
  validateSearch: (search: Record<string, unknown>): InboxSearch => {
    const { channel } = search;
    return {
      ...(typeof channel === "string" && CHANNELS.includes(channel) ? { channel: channel as Channel } : {}),
      ...texts(search, ["team", "tag", "agent", "q", "note"]),
    };
  },
  beforeLoad: ({ params }) => {
    if (!isViewName(params.view)) throw redirect({ to: "/inbox/$view", params: { view: "all" } });
  },
});

const conversation = createRoute({ getParentRoute: () => inbox, path: "$conversationId" });

// Pages beside the inbox are loaded when they are opened.
const contacts = createRoute({
  getParentRoute: () => root,
  path: "/contacts",
  component: lazyRouteComponent(() => import("./contacts/contacts-page"), "ContactsPage"),
  validateSearch: (search: Record<string, unknown>): { q?: string } => texts(search, ["q"]),
});
const contact = createRoute({ getParentRoute: () => contacts, path: "$contactId" });

const search = createRoute({
  getParentRoute: () => root,
  path: "/search",
  component: lazyRouteComponent(() => import("./search/search-page"), "SearchPage"),
  validateSearch: (asked: Record<string, unknown>): { q?: string } => texts(asked, ["q"]),
});

const letters = createRoute({
  getParentRoute: () => root,
  path: "/admin/dead-letters",
  component: lazyRouteComponent(() => import("./repairs/repairs-page"), "LettersPage"),
});
const letter = createRoute({ getParentRoute: () => letters, path: "$failureId" });

const quarantine = createRoute({
  getParentRoute: () => root,
  path: "/admin/quarantine",
  component: lazyRouteComponent(() => import("./repairs/repairs-page"), "QuarantinePage"),
});
const quarantined = createRoute({ getParentRoute: () => quarantine, path: "$failureId" });

// The dispatcher's cockpit, with its filters in the address.
const cockpit = createRoute({
  getParentRoute: () => root,
  path: "/cockpit",
  component: lazyRouteComponent(() => import("./cockpit/cockpit-page"), "CockpitPage"),
  validateSearch: (asked: Record<string, unknown>): CockpitFilter => {
    const found: CockpitFilter = {};
    for (const name of ["state", "priority", "sla_status", "assigned_tech_id"] as const) {
      const value = asked[name];
      if (typeof value === "string" && value !== "") found[name] = value;
    }
    return found;
  },
});
const cockpitTicket = createRoute({ getParentRoute: () => cockpit, path: "$ticketId" });

const calls = page("/approvals/calls", () => import("./assistants/calls-page"), "CallsPage");
const switches = page("/approvals/switches", () => import("./assistants/switches-page"), "SwitchesPage");
const policy = page("/approvals/policy", () => import("./assistants/policy-page"), "PolicyPage");
const approvals = page("/approvals", () => import("./assistants/approvals-page"), "ApprovalsPage");
const approval = createRoute({ getParentRoute: () => approvals, path: "$draftId" });
const dashboard = createRoute({
  getParentRoute: () => root,
  path: "/dashboard",
  component: lazyRouteComponent(() => import("./dashboard/dashboard-page"), "DashboardPage"),
  validateSearch: (asked: Record<string, unknown>): ReportSearch => texts(asked, ["range", "team", "view"]),
});
const report = createRoute({ getParentRoute: () => dashboard, path: "$report" });
const alerts = page("/alerts", () => import("./alerts/alerts-page"), "AlertsPage");
const pastAlerts = page("/alerts/over", () => import("./alerts/alerts-page"), "PastAlertsPage");
const signals = page("/alerts/signals", () => import("./alerts/signals-page"), "SignalsPage");
const system = page("/system", () => import("./operations/system-page"), "SystemPage");
const settings = page("/settings", () => import("./settings/settings-page"), "SettingsPage");
const components = page("/dev/ui", () => import("./dev/components-page"), "ComponentsPage");
const runs = page("/admin/automation-runs", () => import("./automation/runs-page"), "AutomationRunsPage");
const retention = page("/admin/retention", () => import("./retention/retention-page"), "RetentionPage");
const team = page("/team", () => import("./team/team-page"), "TeamPage");
const teamThread = createRoute({ getParentRoute: () => team, path: "$threadId" });
const audit = page("/admin/audit", () => import("./audit/audit-page"), "AuditPage");
const administration = createRoute({
  getParentRoute: () => root,
  path: "/admin",
  beforeLoad: ({ location }) => {
    if (/\/admin\/?$/.test(location.pathname)) throw redirect({ to: "/admin/$resource", params: { resource: "teams" } });
  },
});
const resource = page("/admin/$resource", () => import("./admin/resource-page"), "ResourceRoute");
const resourceRow = createRoute({ getParentRoute: () => resource, path: "$rowId" });

/** A page of its own, loaded when it is opened. */
function page<Path extends `/${string}`, Name extends string>(path: Path, load: () => Promise<Record<Name, () => React.ReactNode>>, name: Name) {
  return createRoute({ getParentRoute: () => root, path, component: lazyRouteComponent(load as () => Promise<Record<string, () => React.ReactNode>>, name) });
}

const elsewhere = createRoute({
  getParentRoute: () => root,
  path: "$",
  beforeLoad: () => {
    throw toFirstPage();
  },
});

export function isViewName(name: string): name is ViewName {
  return (VIEWS as readonly string[]).includes(name);
}

export const router = createRouter({
  routeTree: root.addChildren([
    home,
    inbox.addChildren([conversation]),
    contacts.addChildren([contact]),
    search,
    letters.addChildren([letter]),
    quarantine.addChildren([quarantined]),
    cockpit.addChildren([cockpitTicket]),
    calls,
    switches,
    policy,
    approvals.addChildren([approval]),
    dashboard.addChildren([report]),
    pastAlerts,
    signals,
    alerts,
    system,
    settings,
    components,
    audit,
    runs,
    retention,
    team.addChildren([teamThread]),
    administration,
    resource.addChildren([resourceRow]),
    elsewhere,
  ]),
  basepath: "/app",
  scrollRestoration: false,
});

declare module "@tanstack/react-router" {
  interface Register {
    router: typeof router;
  }
}
