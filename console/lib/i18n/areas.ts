// The names of the console's areas: the few words every page needs of those that are loaded later.
import { useLanguage } from "./language";

const en = {
  cockpit: "Cockpit",
  approvals: "Approvals",
  dashboard: "Dashboard",
  alerts: "Alerts",
  administration: "Administration",
  settings: "Settings",
  components: "Components",
  team: "Team chat",
  unread: (threads: number) => (threads === 1 ? "1 thread with something new" : `${threads} threads with something new`),
};

const fr: typeof en = {
  cockpit: "Répartition",
  approvals: "Approbations",
  dashboard: "Tableau de bord",
  alerts: "Alertes",
  administration: "Administration",
  settings: "Réglages",
  components: "Composants",
  team: "Discussions d’équipe",
  unread: (threads) => (threads === 1 ? "1 fil avec du nouveau" : `${threads} fils avec du nouveau`),
};

export const areaTexts = { en, fr };

export function useAreaTexts(): typeof en {
  return areaTexts[useLanguage()];
}
