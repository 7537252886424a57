// Saved replies carry fields such as {{contact.name}}: what is known is filled in, the rest is left for the writer.
import type { Conversation, Me } from "../../../lib/api/model";

const FIELD = /\{\{\s*([^{}]+?)\s*\}\}/g;

export interface Gap {
  name: string;
  start: number;
  end: number;
}

/** A text with its known fields filled in. */
export function filledIn(text: string, conversation: Conversation, me: Me): string {
  const known = valuesOf(conversation, me);
  return text.replaceAll(FIELD, (field, name: string) => known[name.toLowerCase()] ?? field);
}

/** The first field nobody has filled in yet. */
export function firstGap(text: string): Gap | null {
  const found = new RegExp(FIELD.source).exec(text);
  return found === null ? null : { name: found[1] ?? "", start: found.index, end: found.index + found[0].length };
}

function valuesOf(conversation: Conversation, me: Me): Record<string, string | undefined> {
  const { name } = conversation.contact;
  // Somebody known by a number alone has no name to be called by.
  const called = /\p{L}/u.test(name) ? name : undefined;
  return {
    name: called,
    "contact.name": called,
    customer_name: called,
    "contact.first_name": called?.split(" ")[0],
    first_name: called?.split(" ")[0],
    "agent.name": me.user.full_name,
    agent_name: me.user.full_name,
    "team.name": me.user.teams.find((team) => team.id === conversation.team?.id)?.name,
    "ticket.code": conversation.tickets?.[0]?.code,
    ticket: conversation.tickets?.[0]?.code,
  };
}
