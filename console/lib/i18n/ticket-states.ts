// What the states of a ticket are called: in the cockpit, and wherever else a ticket stands in one line.
import { useLanguage } from "./language";

type Words = Record<string, string>;

const en: Words = {
  NEW: "New",
  NEEDS_INFO: "Needs information",
  TRIAGED: "Triaged",
  APPROVAL_REQUIRED: "Needs an approval",
  READY_TO_SCHEDULE: "Ready to schedule",
  SCHEDULE_PROPOSED: "Windows offered",
  PENDING_CUSTOMER_CONFIRMATION: "Customer confirms",
  SCHEDULED: "Scheduled",
  DISPATCHED: "Dispatched",
  ON_SITE: "On site",
  IN_PROGRESS: "In progress",
  ON_HOLD: "On hold",
  COMPLETED_PENDING_VERIFICATION: "Done, to be verified",
  VERIFIED: "Verified",
  INVOICED: "Invoiced",
  CLOSED: "Closed",
  CANCELLED: "Cancelled",
};

const fr: Words = {
  NEW: "Nouveau",
  NEEDS_INFO: "Informations requises",
  TRIAGED: "Trié",
  APPROVAL_REQUIRED: "Approbation requise",
  READY_TO_SCHEDULE: "À planifier",
  SCHEDULE_PROPOSED: "Créneaux proposés",
  PENDING_CUSTOMER_CONFIRMATION: "Le client confirme",
  SCHEDULED: "Planifié",
  DISPATCHED: "Affecté",
  ON_SITE: "Sur place",
  IN_PROGRESS: "En cours",
  ON_HOLD: "En attente",
  COMPLETED_PENDING_VERIFICATION: "Fait, à vérifier",
  VERIFIED: "Vérifié",
  INVOICED: "Facturé",
  CLOSED: "Clos",
  CANCELLED: "Annulé",
};

export const ticketStates = { en, fr };

/** A state in the reader's language. */
export function useTicketState(): (state: string) => string {
  const words = ticketStates[useLanguage()];
  return (state) => words[state] ?? state;
}
