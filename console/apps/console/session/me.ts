// Who is signed in, and what the console may offer them. The server decides again on every call.
import { createContext, useContext } from "react";
import type { Conversation, Me } from "../../../lib/api/model";

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error("used outside a signed-in console");
  return me;
}

const LEADS: readonly string[] = ["team_lead", "supervisor", "admin"];

/** Leads the conversation's team: may assign, transfer and reopen, and answer for others where the channel allows it. */
export function leads(me: Me, conversation: Conversation): boolean {
  if (me.user.role === "admin") return true;
  return LEADS.includes(me.user.role) && me.user.teams.some((team) => team.id === conversation.team?.id);
}

export function isMine(me: Me, conversation: Conversation): boolean {
  return conversation.assigned_to?.id === me.user.id;
}

/** Has the conversation or leads its team: may close, snooze, tag it and leave notes. */
export function hasHandInIt(me: Me, conversation: Conversation): boolean {
  return isMine(me, conversation) || leads(me, conversation);
}

/** WhatsApp takes answers from the assignee only; the other channels also from a lead. */
export function mayReply(me: Me, conversation: Conversation): boolean {
  return conversation.channel === "whatsapp" ? isMine(me, conversation) : hasHandInIt(me, conversation);
}

export function mayTake(me: Me, conversation: Conversation): boolean {
  if (conversation.status !== "queued" || !me.permissions.includes("conversations.take")) return false;
  const { team } = conversation;
  return team === null || me.user.role === "admin" || me.user.teams.some((one) => one.id === team.id);
}

export function mayClose(me: Me, conversation: Conversation): boolean {
  return conversation.status !== "closed" && conversation.status !== "new" && hasHandInIt(me, conversation);
}
