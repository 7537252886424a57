// The words about the policy of tools, apart from the others: its page is loaded when it is opened.
import { useLanguage } from "./language";

const en = {
  tab: "Tool policy",
  title: "Tool policy",
  lead: "What assistants may do. One administrator proposes a version, another one agrees; drafts that wait under the old version are voided.",
  failed: "The versions could not be loaded",
  version: (version: number) => `Version ${version}`,
  states: { proposed: "Waits for a second administrator", rejected: "Turned down", in_force: "In force", replaced: "Replaced" } as Record<string, string>,
  since: (when: string) => `since ${when}`,
  until: (when: string) => `until ${when}`,
  proposedAt: (when: string) => `proposed ${when}`,
  decidedAt: (when: string) => `decided ${when}`,
  shipped: "came with the program",
  file: "from the settings' file",
  changes: "What changes",
  noChanges: "Nothing but the version",
  whole: "The whole policy",
  propose: "Propose a change",
  proposeLead: "The whole policy as JSON. Its version grows by itself; its cases are checked before it is kept.",
  text: "Policy",
  note: "What for",
  wrongText: "This is not JSON",
  proposed: "The version waits for another administrator",
  approve: "Agree",
  approveTitle: (version: number) => `Bring version ${version} into force?`,
  reject: "Turn down",
  rejectTitle: (version: number) => `Turn version ${version} down?`,
  reason: "Why",
  own: "Another administrator has to agree: this one is yours.",
  approved: "The version is in force",
  rejected: "The version was turned down",
  cancel: "Cancel",
};

const fr: typeof en = {
  tab: "Politique des outils",
  title: "Politique des outils",
  lead: "Ce que les assistants ont le droit de faire. Un administrateur propose une version, un autre l’accepte ; les brouillons en attente sous l’ancienne version sont annulés.",
  failed: "Impossible de charger les versions",
  version: (version) => `Version ${version}`,
  states: { proposed: "Attend un second administrateur", rejected: "Refusée", in_force: "En vigueur", replaced: "Remplacée" },
  since: (when) => `depuis ${when}`,
  until: (when) => `jusqu’au ${when}`,
  proposedAt: (when) => `proposée le ${when}`,
  decidedAt: (when) => `décidée le ${when}`,
  shipped: "livrée avec le programme",
  file: "du fichier des réglages",
  changes: "Ce qui change",
  noChanges: "Rien d’autre que la version",
  whole: "La politique entière",
  propose: "Proposer un changement",
  proposeLead: "La politique entière en JSON. Sa version augmente d’elle-même ; ses cas sont vérifiés avant qu’elle soit gardée.",
  text: "Politique",
  note: "Pourquoi",
  wrongText: "Ce n’est pas du JSON",
  proposed: "La version attend un autre administrateur",
  approve: "Accepter",
  approveTitle: (version) => `Mettre la version ${version} en vigueur ?`,
  reject: "Refuser",
  rejectTitle: (version) => `Refuser la version ${version} ?`,
  reason: "Pourquoi",
  own: "Un autre administrateur doit accepter : celle-ci est la vôtre.",
  approved: "La version est en vigueur",
  rejected: "La version a été refusée",
  cancel: "Annuler",
};

export type PolicyTexts = typeof en;

export function usePolicyTexts(): PolicyTexts {
  return useLanguage() === "fr" ? fr : en;
}
