import type { Conversation, Content } from "../../../lib/api/model";
import type { Texts } from "../../../lib/i18n/en";

export function contactName(conversation: Conversation, t: Texts): string {
  const { name, address } = conversation.contact;
  return [name, address].find((one) => one !== "") ?? t.common.unknownContact;
}

/** What was said last, in one line. */
export function preview(conversation: Conversation, userId: string, t: Texts): string {
  const last = conversation.last_message ?? null;
  if (last === null) return conversation.subject ?? "";
  const said = contentLine(last.content, t);
  if (last.direction === "inbound" || last.sender.type !== "agent") return said;
  return last.sender.id === userId ? `${t.list.youSaid} ${said}` : `${firstName(last.sender.name)}: ${said}`;
}

function firstName(name: string | null | undefined): string {
  return name?.split(" ")[0] ?? "";
}

export function contentLine(content: Content, t: Texts): string {
  if (content.text !== null && content.text !== undefined && content.text !== "") return content.text;
  return content.type === "location" ? t.thread.location : `${t.thread.attachment} (${content.type})`;
}
