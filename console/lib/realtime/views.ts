// A view is a filter of the inbox. The address bar holds it; the server answers it; events are tested against it.
import type { ConversationFilter } from "../api/hub";
import type { Viewer } from "./store";
import type { Channel, Conversation, ConversationStatus } from "../api/model";

export const VIEWS = ["mine", "unassigned", "all", "snoozed", "closed"] as const;
export type ViewName = (typeof VIEWS)[number];

export interface View {
  name: ViewName;
  channel: Channel | null;
  /** A team's slug. */
  team: string | null;
  tag: string | null;
  /** Whose: a user's id. Views kept by older pages say nothing of it. */
  agent?: string | null;
  q: string;
}

const OPEN: readonly ConversationStatus[] = ["new", "triage", "queued", "assigned", "pending_customer", "pending_agent"];

/** A standing view without filters. */
export function plainView(name: ViewName): View {
  return { name, channel: null, team: null, tag: null, q: "" };
}

export function viewKey({ name, channel, team, tag, agent, q }: View): string {
  return [name, channel ?? "", team ?? "", tag ?? "", agent ?? "", q].join("|");
}

/** What the server is asked. A search looks everywhere, whatever the tab. */
export function filterOf(view: View, userId: string): ConversationFilter {
  const status = view.name === "closed" ? "closed" : OPEN.join(",");
  return {
    status: view.q === "" ? status : undefined,
    assigned_to: view.q !== "" ? undefined : view.name === "mine" ? userId : view.name === "unassigned" ? "none" : (view.agent ?? undefined),
    channel: view.channel ?? undefined,
    team: view.team ?? undefined,
    tag: view.tag ?? undefined,
    q: view.q === "" ? undefined : view.q,
  };
}

/** An agent sees what is theirs and what waits for anybody; what a colleague takes leaves their lists. */
function sees(viewer: Viewer, conversation: Conversation): boolean {
  if (viewer.role !== "support_agent") return true;
  return conversation.assigned_to === null || conversation.assigned_to.id === viewer.id;
}

/** Whether a row belongs to a view. A search answers only through the server. */
export function belongs(view: View, conversation: Conversation, viewer: Viewer, now: number): boolean {
  if (!sees(viewer, conversation)) return false;
  if (view.channel !== null && conversation.channel !== view.channel) return false;
  if (view.team !== null && conversation.team?.slug !== view.team) return false;
  if (view.tag !== null && !conversation.tags.includes(view.tag)) return false;
  if (view.agent && conversation.assigned_to?.id !== view.agent) return false;
  if (view.q !== "") return false;
  const closed = conversation.status === "closed";
  const snoozed = conversation.snoozed_until !== null && Date.parse(conversation.snoozed_until) > now;
  switch (view.name) {
    case "mine":
      return !closed && !snoozed && conversation.assigned_to?.id === viewer.id;
    case "unassigned":
      return !closed && !snoozed && conversation.assigned_to === null;
    case "all":
      // All that somebody has counts as theirs, also what they have put off.
      return !closed && (!snoozed || Boolean(view.agent));
    case "snoozed":
      return !closed && snoozed;
    case "closed":
      return closed;
  }
}
