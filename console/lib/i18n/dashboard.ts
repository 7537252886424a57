// The words of the dashboard, apart from the others: its page is loaded when it is opened.
import { useLanguage } from "./language";

type Words = Record<string, string>;

const en = {
  title: "Dashboard",
  lead: "How fast we answer, what waits, and who has how much. Each figure can be read as a table and saved as CSV.",
  range: "Period",
  ranges: { day: "24 hours", week: "7 days", month: "30 days" } as Words,
  reports: { "first-response": "First answer", backlog: "Backlog", utilisation: "Load of agents" } as Words,
  explain: {
    "first-response": "Seconds from a customer’s first message to the first answer by a person, by the time of the answer. Around the clock, not by office hours.",
    backlog: "Conversations that began, ended and were open at the end of each stretch of time; what waits, now.",
    utilisation: "Open conversations an agent has now, of those the agent can have at once.",
  } as Words,
  nothing: "No data yet",
  nothingHint: "The figures of this period show here once there are some.",
  failed: "The report could not be loaded",
  csv: "Save as CSV",
  table: "As a table",
  seconds: "s",
  fields: {
    bucket: "From",
    team: "Team",
    agent: "Agent",
    count: "Answers",
    p50: "P50 (s)",
    p95: "P95 (s)",
    p99: "P99 (s)",
    average: "Average (s)",
    opened: "Began",
    closed: "Ended",
    open_at_end: "Open at the end",
    queued: "In the queue",
    pending_agent: "Waiting for us",
    open: "Open",
    unassigned: "Nobody’s",
    active: "Has now",
    waiting: "Waiting",
    capacity: "Can have",
    utilisation: "Load",
  } as Words,
};

const fr: typeof en = {
  title: "Tableau de bord",
  lead: "En combien de temps nous répondons, ce qui attend, et qui a combien. Chaque chiffre se lit en tableau et s’enregistre en CSV.",
  range: "Période",
  ranges: { day: "24 heures", week: "7 jours", month: "30 jours" },
  reports: { "first-response": "Première réponse", backlog: "En attente", utilisation: "Charge des agents" },
  explain: {
    "first-response": "Secondes entre le premier message du client et la première réponse d’une personne, à l’heure de la réponse. Jour et nuit, sans heures d’ouverture.",
    backlog: "Conversations commencées, terminées et ouvertes à la fin de chaque intervalle ; ce qui attend, maintenant.",
    utilisation: "Conversations ouvertes d’un agent maintenant, sur celles qu’il peut avoir à la fois.",
  },
  nothing: "Pas encore de données",
  nothingHint: "Les chiffres de cette période s’affichent ici dès qu’il y en a.",
  failed: "Le rapport n’a pas pu être chargé",
  csv: "Enregistrer en CSV",
  table: "En tableau",
  seconds: "s",
  fields: {
    bucket: "Depuis",
    team: "Équipe",
    agent: "Agent",
    count: "Réponses",
    p50: "P50 (s)",
    p95: "P95 (s)",
    p99: "P99 (s)",
    average: "Moyenne (s)",
    opened: "Commencées",
    closed: "Terminées",
    open_at_end: "Ouvertes à la fin",
    queued: "Dans la file",
    pending_agent: "Nous attendent",
    open: "Ouvertes",
    unassigned: "À personne",
    active: "En a",
    waiting: "En attente",
    capacity: "Peut avoir",
    utilisation: "Charge",
  },
};

export const dashboardTexts = { en, fr };

export function useDashboardTexts(): typeof en {
  return dashboardTexts[useLanguage()];
}
