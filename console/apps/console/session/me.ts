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

/** May assign, transfer and reopen, and answer on others' behalf where the channel allows it. */
export function leads(me: Me): boolean {
  return LEADS.includes(me.user.role);
}

export function isMine(me: Me, conversation: Conversation): boolean {
  return conversation.assigned_to?.id === me.user.id;
}

/** WhatsApp takes answers from the assignee only; the other channels also from a lead. */
export function mayReply(me: Me, conversation: Conversation): boolean {
  return isMine(me, conversation) || (leads(me) && conversation.channel !== "whatsapp");
}

export function mayTake(me: Me, conversation: Conversation): boolean {
  return conversation.assigned_to === null && conversation.status === "queued" && me.user.role !== "dispatcher";
}

export function mayClose(me: Me, conversation: Conversation): boolean {
  return conversation.status !== "closed" && conversation.status !== "new" && (isMine(me, conversation) || leads(me));
}
