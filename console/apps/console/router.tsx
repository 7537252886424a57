// The addresses of the console. Filters live in the address, so that a link shows the same list to everybody.
import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect } from "@tanstack/react-router";
import type { Channel } from "../../lib/api/model";
import { VIEWS, type ViewName } from "../../lib/realtime/views";
import { InboxPage } from "./inbox/inbox-page";
import { Shell } from "./shell/shell";

export interface InboxSearch {
  channel?: Channel;
  q?: string;
}

const CHANNELS: readonly string[] = ["whatsapp", "sms", "email", "chat", "voice"];

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
    const { channel, q } = search;
    return {
      ...(typeof channel === "string" && CHANNELS.includes(channel) ? { channel: channel as Channel } : {}),
      ...(typeof q === "string" && q !== "" ? { q } : typeof q === "number" ? { q: String(q) } : {}),
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
  validateSearch: ({ q }: Record<string, unknown>): { q?: string } =>
    typeof q === "string" && q !== "" ? { q } : typeof q === "number" ? { q: String(q) } : {},
});
const contact = createRoute({ getParentRoute: () => contacts, path: "$contactId" });

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
