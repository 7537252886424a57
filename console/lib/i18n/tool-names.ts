// What the assistants' tools are called among people. In English their names say it.
import { useLanguage } from "./language";

const FR: Readonly<Record<string, string>> = {
  get_conversation_context: "Lire la conversation",
  search_tickets: "Chercher des tickets",
  get_ticket: "Lire un ticket",
  get_ticket_timeline: "Lire le suivi d’un ticket",
  list_ticket_evidence: "Lister les preuves d’un ticket",
  closeout_list_evidence: "Lister les preuves d’un ticket",
  ticket_create: "Créer un ticket",
  schedule_propose: "Proposer des créneaux",
  find_job: "Trouver un travail",
  list_services: "Lister les services",
  services_list: "Lister les services",
  sites_get: "Lire un site",
  assets_get: "Lire un équipement",
  templates_list: "Lister les modèles",
  get_transaction_status: "Lire l’état d’une transaction",
  get_transaction_history: "Lire les transactions passées",
  get_draft: "Lire une proposition",
  create_transaction_draft: "Préparer une transaction",
  create_job_draft: "Préparer un travail",
  confirm_schedule_draft: "Préparer un rendez-vous",
  commit_transaction: "Exécuter une transaction",
  commit_draft: "Exécuter une proposition",
  cancel_transaction_draft: "Annuler une transaction préparée",
  cancel_draft: "Annuler une proposition",
  request_human: "Demander une personne",
};

/** `check_invoice_status` reads as "Check invoice status". */
function spelledOut(tool: string): string {
  const words = tool.replaceAll(/[_.]/g, " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}

export function useToolName(): (tool: string) => string {
  const language = useLanguage();
  return (tool) => (language === "fr" ? FR[tool.replaceAll(".", "_")] : undefined) ?? spelledOut(tool);
}
