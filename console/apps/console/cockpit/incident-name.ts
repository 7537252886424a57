/** `DOOR_WONT_LATCH` reads as "Door wont latch": types are kept by whoever runs this, so there is no list of words for them. */
export function incidentName(type: string): string {
  const words = type.replaceAll("_", " ").toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}
