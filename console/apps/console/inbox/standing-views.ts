// The two views that are always loaded: their counts stand on the tabs and in the page's title.
import type { View } from "../../../lib/realtime/views";

export const MINE: View = { name: "mine", channel: null, q: "" };
export const UNASSIGNED: View = { name: "unassigned", channel: null, q: "" };
