import type { DeadLetter, Quarantined } from "../../../lib/api/repairs";

/** What a failure is, in a line: `send_message`, `whatsapp: unknown_account`. */
export function headline(failure: DeadLetter | Quarantined): string {
  return "kind" in failure ? failure.kind : `${failure.provider}: ${failure.reason}`;
}
