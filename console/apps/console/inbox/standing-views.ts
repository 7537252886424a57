// The two views that are always loaded: their counts stand on the tabs and in the page's title.
import { plainView, type View } from "../../../lib/realtime/views";

export const MINE: View = plainView("mine");
export const UNASSIGNED: View = plainView("unassigned");
