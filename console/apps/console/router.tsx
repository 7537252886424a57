// The addresses of the console. Filters live in the address, so that a link shows the same list to everybody.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { Channel } from "../../lib/api/model";
import { VIEWS, type ViewName } from "../../lib/realtime/views";
import { InboxPage } from "./inbox/inbox-page";
import { Shell } from "./shell/shell";

export interface InboxSearch {
  channel?: Channel;
  team?: string;
  tag?: string;
  q?: string;
  /** A note of the open conversation to show. */
  note?: string;
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
    throw redirect({ to: "/inbox/$view", params: { view: "all" } });
  },
});

const inbox = createRoute({
  getParentRoute: () => root,
  path: "/inbox/$view",
  component: InboxPage,
  validateSearch: (search: Record<string, unknown>): InboxSearch => {
    const { channel } = search;
    return {
      ...(typeof channel === "string" && CHANNELS.includes(channel) ? { channel: channel as Channel } : {}),
      ...texts(search, ["team", "tag", "q", "note"]),
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

const elsewhere = createRoute({
  getParentRoute: () => root,
  path: "$",
  beforeLoad: () => {
    throw redirect({ to: "/inbox/$view", params: { view: "all" } });
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
