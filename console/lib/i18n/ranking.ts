// The words of ranking: why a person has to look at a ticket, and which rules raised it. Rules that people made are shown in
// their own words; those that always count have names of ours.
import { useLanguage } from "./language";

type Words = Record<string, string>;

const en = {
  review: "Needs a person’s look before it is sent out",
  reviewed: "A person has looked at it",
  reasons: {
    AUDI_RULE: "This make always needs a person’s look.",
    VEHICLE_MAKE: "The assistants’ policy asks for a person’s look at this make.",
    AUDIT_FLAG: "The site is flagged for audit.",
    LOW_CONFIDENCE: "The assistant was not sure of what it read.",
    VIN_CHECK: "The vehicle number cannot be right: its check digit does not fit.",
  } as Words,
  /** The rule that asked for the look. */
  askedBy: (rule: string) => `Asked for by the rule “${rule}”.`,
  urgency: "Urgency",
  score: "Score",
  rules: "Rules that applied",
  noRules: "No rule applied.",
  urgencies: { LOW: "Low", MEDIUM: "Medium", HIGH: "High", CRITICAL: "Critical" } as Words,
  ours: {
    "Urgency Ranking": "High urgency",
    "Flagged Dealer Escalation": "Flagged site",
    "Low Confidence Escalation": "Read with doubt",
    "Vehicle Number Escalation": "Vehicle number",
    "Vehicle Make Escalation": "Escalated make",
  } as Words,
  asset: "Vehicle or equipment",
  noAssets: "None at this site",
  nothing: "None",
  services: "Services",
  addService: "Add a service",
  removeService: (name: string) => `Remove ${name}`,
  premium: (make: string) => `Premium make (${make})`,
  escalated: (make: string) => `Escalated make (${make})`,
};

const fr: typeof en = {
  review: "Doit être vu par une personne avant l’envoi",
  reviewed: "Une personne l’a vu",
  reasons: {
    AUDI_RULE: "Cette marque doit toujours être vue par une personne.",
    VEHICLE_MAKE: "La politique des assistants demande l’avis d’une personne pour cette marque.",
    AUDIT_FLAG: "Le site est signalé pour audit.",
    LOW_CONFIDENCE: "L’assistant n’était pas sûr de ce qu’il a lu.",
    VIN_CHECK: "Le numéro du véhicule ne peut pas être juste : son chiffre de contrôle ne convient pas.",
  },
  askedBy: (rule) => `Demandé par la règle « ${rule} ».`,
  urgency: "Urgence",
  score: "Score",
  rules: "Règles appliquées",
  noRules: "Aucune règle ne s’est appliquée.",
  urgencies: { LOW: "Basse", MEDIUM: "Moyenne", HIGH: "Haute", CRITICAL: "Critique" },
  ours: {
    "Urgency Ranking": "Urgence élevée",
    "Flagged Dealer Escalation": "Site signalé",
    "Low Confidence Escalation": "Lecture incertaine",
    "Vehicle Number Escalation": "Numéro du véhicule",
    "Vehicle Make Escalation": "Marque escaladée",
  },
  asset: "Véhicule ou équipement",
  noAssets: "Aucun sur ce site",
  nothing: "Aucun",
  services: "Services",
  addService: "Ajouter un service",
  removeService: (name) => `Retirer ${name}`,
  premium: (make) => `Marque haut de gamme (${make})`,
  escalated: (make) => `Marque escaladée (${make})`,
};

export type RankingTexts = typeof en;
export const rankingTexts = { en, fr };

export function useRankingTexts(): RankingTexts {
  return rankingTexts[useLanguage()];
}

/** The urgencies with their names, the least first. */
export function urgencyNames(t: RankingTexts): readonly (readonly [string, string])[] {
  return Object.entries(t.urgencies);
}

/** What a rule that applied is called. */
export function ruleName(name: string, t: RankingTexts): string {
  const known = t.ours[name];
  if (known !== undefined) return known;
  const premium = /^Premium Vehicle \((.+)\)$/.exec(name)?.[1];
  if (premium !== undefined) return t.premium(premium);
  const make = /^(.+) Escalation$/.exec(name)?.[1];
  return make === undefined ? name : t.escalated(make);
}

/** The rule among those that applied which asks for a look for this reason. */
const ASKERS: Readonly<Record<string, RegExp>> = {
  AUDI_RULE: /^Audi Escalation$/,
  VEHICLE_MAKE: /^(?!Audi |Flagged Dealer |Low Confidence |Vehicle Number ).+ Escalation$/,
  AUDIT_FLAG: /^Flagged Dealer Escalation$/,
  LOW_CONFIDENCE: /^Low Confidence Escalation$/,
  VIN_CHECK: /^Vehicle Number Escalation$/,
};

/** Why a person has to look, and the rule that says so where one does. */
export function reasonWords(reason: string, applied: readonly string[], t: RankingTexts): string {
  const asker = applied.find((name) => ASKERS[reason]?.test(name));
  const why = t.reasons[reason] ?? reason;
  return asker === undefined ? why : `${why} ${t.askedBy(ruleName(asker, t))}`;
}
