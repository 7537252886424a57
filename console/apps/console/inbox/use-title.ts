// The tab's title and icon say how many conversations have something unread.
import { useEffect } from "react";
import { useList, useWorkspace } from "../../../lib/realtime/hooks";
import { MINE, UNASSIGNED } from "./standing-views";

export function useTitle(): void {
  const { store } = useWorkspace();
  const mine = useList(MINE);
  const unassigned = useList(UNASSIGNED);
  useEffect(() => {
    const ids = [...(mine?.ids ?? []), ...(unassigned?.ids ?? [])];
    const update = () => {
      const unread = ids.filter((id) => (store.conversation(id)?.unread_count ?? 0) > 0).length;
      document.title = unread === 0 ? "Patchbay" : `(${unread}) Patchbay`;
      const icon = document.querySelector<HTMLLinkElement>('link[rel="icon"]');
      const href = `${import.meta.env.BASE_URL}${unread === 0 ? "favicon.svg" : "favicon-unread.svg"}`;
      if (icon !== null && icon.getAttribute("href") !== href) icon.href = href;
    };
    update();
    const stops = ids.map((id) => store.subscribe(`conversation:${id}`, update));
    return () => {
      for (const stop of stops) stop();
    };
  }, [store, mine, unassigned]);
}
