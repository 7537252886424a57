import type { useAdminTexts } from "../../../lib/i18n/admin";
import type { Plan } from "./plans";

/** A ladder's steps, or a schedule's people and exceptions, in a few words. */
export function planWords(plan: Plan, { plans: t, actions }: ReturnType<typeof useAdminTexts>): string {
  switch (plan.plan) {
    case "steps":
      return t.steps(plan.entries.length);
    case "rotations":
      return t.people(new Set(plan.entries.flatMap((one) => one.users)).size);
    case "overrides":
      return plan.entries.length === 0 ? "–" : t.exceptions(plan.entries.length);
    case "actions":
      return plan.entries.map(({ type }) => actions.names[type] ?? type).join(" · ");
  }
}
