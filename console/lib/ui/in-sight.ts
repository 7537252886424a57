/** For the `ref` of what is chosen in a row that scrolls: it comes into sight. */
export function inSight(element: HTMLElement | null): void {
  element?.scrollIntoView({ block: "nearest", inline: "center" });
}
