import type { Tone } from "../../../lib/ui/badge";

const TONES: Record<string, Tone> = {
  AWAITING_HUMAN: "warn",
  AWAITING_CUSTOMER: "warn",
  CONFIRMED: "good",
  COMMITTING: "warn",
  COMMITTED: "good",
  REJECTED: "bad",
  FAILED: "bad",
  UNKNOWN: "bad",
};

export function stateTone(state: string): Tone {
  return TONES[state] ?? "plain";
}
