/** READY_TO_SCHEDULE reads as "Ready to schedule". */
export function stateName(state: string): string {
  const words = state.toLowerCase().replaceAll("_", " ");
  return words.charAt(0).toUpperCase() + words.slice(1);
}
