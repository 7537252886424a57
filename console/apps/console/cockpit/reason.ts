// The facts of a policy error as sentences.
import type { PolicyError } from "../../../lib/api/dispatch";
import type { CockpitTexts } from "../../../lib/i18n/cockpit";

type Words = Readonly<Record<string, string>>;

const words = (value: unknown): readonly string[] => (Array.isArray(value) ? value.filter((one) => typeof one === "string") : []);

export function dimensionOf(error: PolicyError, t: CockpitTexts): string {
  return t.dimensions[error.dimension ?? "none"] ?? t.dimensions["none"] ?? "";
}

/** What is missing, which state is needed, who may do it. */
export function factsOf(error: PolicyError, t: CockpitTexts, roles: Words): readonly string[] {
  const facts: string[] = [];
  const state = (name: string) => t.states[name] ?? name;
  const allowed = words(error["allowed_roles"]);
  if (allowed.length > 0) facts.push(t.facts.only(allowed.filter((role) => role in roles).map((role) => roles[role] ?? role).join(", ")));
  const needed = words(error["allowed_from_states"]);
  if (needed.length > 0) facts.push(t.facts.needs(needed.map(state).join(", "), state(String(error["from_state"] ?? ""))));
  const missing = words(error["missing_evidence_keys"]);
  if (missing.length > 0) facts.push(t.facts.missing(missing.join(", ")));
  const unchecked = words(error["missing_checklist_keys"]);
  if (unchecked.length > 0) facts.push(t.facts.checklist(unchecked.join(", ")));
  const skills = words(error["required_skills"]);
  if (skills.length > 0) facts.push(t.facts.skills(skills.join(", ")));
  if (error["measured"] !== undefined && error["threshold"] !== undefined) facts.push(t.facts.confidence(String(error["measured"]), String(error["threshold"])));
  const reasons = words(error["review_reasons"]);
  if (reasons.length > 0) facts.push(t.facts.reasons(reasons.join(", ")));
  const unmet = words(error["unmet"]);
  if (unmet.length > 0) facts.push(t.facts.unmet(unmet.join(", ")));
  const blockers = Array.isArray(error["blockers"]) ? error["blockers"].map((one) => (typeof one === "object" && one !== null && "code" in one ? String(one.code) : String(one))) : [];
  if (blockers.length > 0) facts.push(t.facts.blockers(blockers.join(", ")));
  if (typeof error["distance_km"] === "number") facts.push(t.facts.distance(error["distance_km"].toFixed(1)));
  return facts;
}
