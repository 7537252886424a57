// What the dialog holds, what it starts from, and the body it sends.
import type { Conversation, Message } from "../../../lib/api/model";
import type { ContactSite } from "../../../lib/api/people";

export interface TicketDraft {
  mode: "create" | "intake";
  account_id: string;
  site_id: string;
  summary: string;
  description: string;
  urgency: string;
  asset_id: string;
  service_ids: readonly string[];
  incident_type: string;
  customer_name: string;
  contact_phone: string;
  contact_email: string;
  priority: "ROUTINE" | "URGENT" | "EMERGENCY";
  identity_confidence: number;
  classification_confidence: number;
  sop_handoff_acknowledged: boolean;
}

const SUMMARY_LENGTH = 120;

/** What somebody has typed so far. `null`: the summary is still what the customer said. */
export type TypedDraft = Omit<TicketDraft, "summary"> & { summary: string | null };

/** Starts from how the customer reaches us. */
export function firstDraft(conversation: Conversation): TypedDraft {
  const address = conversation.contact.address;
  return {
    mode: "create",
    account_id: "",
    site_id: "",
    summary: null,
    description: "",
    urgency: "MEDIUM",
    asset_id: "",
    service_ids: [],
    incident_type: "",
    customer_name: conversation.contact.name === address ? "" : conversation.contact.name,
    contact_phone: address.startsWith("+") ? address : "",
    contact_email: address.includes("@") ? address : "",
    priority: "ROUTINE",
    identity_confidence: 90,
    classification_confidence: 90,
    sop_handoff_acknowledged: false,
  };
}

/** What the customer said first, as far as it has come by now; what somebody typed instead stays. */
export function inTheirWords(draft: TypedDraft, subject: string | null | undefined, messages: readonly Message[]): TicketDraft {
  const said = messages.find((message) => message.direction === "inbound" && (message.content.text ?? "").trim().length > 12);
  const words = (subject ?? said?.content.text ?? "").trim().replaceAll(/\s+/g, " ").slice(0, SUMMARY_LENGTH);
  return { ...draft, summary: draft.summary ?? words };
}

/** At the place the customer is known by, as long as nobody has chosen another: their main one, or the only one. */
export function atHome(draft: TicketDraft, places: readonly ContactSite[]): TicketDraft {
  const home = places.find((place) => place.is_primary) ?? (places.length === 1 ? places[0] : undefined);
  return draft.account_id !== "" || home === undefined ? draft : { ...draft, account_id: home.account_id, site_id: home.id };
}

export function bodyOf(draft: TicketDraft): Record<string, unknown> {
  const shared = {
    mode: draft.mode,
    account_id: draft.account_id,
    site_id: draft.site_id,
    summary: draft.summary.trim(),
  };
  if (draft.mode === "create") {
    return {
      ...shared,
      ...(draft.urgency === "MEDIUM" ? {} : { urgency: draft.urgency }),
      ...(draft.service_ids.length === 0 ? {} : { service_ids: draft.service_ids }),
      ...(draft.asset_id === "" ? {} : { asset_id: draft.asset_id }),
      ...(draft.description.trim() === "" ? {} : { description: draft.description.trim() }),
    };
  }
  return {
    ...shared,
    incident_type: draft.incident_type.trim(),
    customer_name: draft.customer_name.trim(),
    priority: draft.priority,
    identity_confidence: draft.identity_confidence,
    classification_confidence: draft.classification_confidence,
    sop_handoff_acknowledged: draft.sop_handoff_acknowledged,
    ...(draft.contact_phone.trim() === "" ? {} : { contact_phone: draft.contact_phone.trim() }),
    ...(draft.contact_email.trim() === "" ? {} : { contact_email: draft.contact_email.trim() }),
  };
}
