// Where the reader is: the view, its filters, the open conversation, and how to go elsewhere.
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { View, ViewName } from "../../../lib/realtime/views";
import { isViewName, type InboxSearch } from "../router";

export interface Place {
  view: View;
  search: InboxSearch;
  conversationId: string | null;
  /** The note a link points at. */
  noteId: string | null;
  open: (conversationId: string, noteId?: string) => void;
  /** Opens a thread among colleagues. */
  openThread: (threadId: string) => void;
  back: () => void;
  show: (name: ViewName) => void;
  /** Shows a view with all its filters. */
  go: (view: View) => void;
  filter: (search: InboxSearch) => void;
}

/** The filters of a view as the address holds them. */
export function searchOf({ channel, team, tag, agent, q }: View): InboxSearch {
  return {
    ...(channel === null ? {} : { channel }),
    ...(team === null ? {} : { team }),
    ...(tag === null ? {} : { tag }),
    ...(agent ? { agent } : {}),
    ...(q === "" ? {} : { q }),
  };
}

export function usePlace(): Place {
  const params = useParams({ strict: false });
  const search: InboxSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const name: ViewName = params.view !== undefined && isViewName(params.view) ? params.view : "all";
  const { channel = null, team = null, tag = null, agent = null, note = null } = search;
  const q = params.view === undefined ? "" : (search.q ?? "");
  const conversationId = params.conversationId ?? null;
  const view = useMemo<View>(() => ({ name, channel, team, tag, agent, q }), [name, channel, team, tag, agent, q]);
  return useMemo(() => {
    const filters = searchOf(view);
    return {
      view,
      search: filters,
      conversationId,
      noteId: note,
      open: (id, noteId) =>
        void navigate({
          to: "/inbox/$view/$conversationId",
          params: { view: view.name, conversationId: id },
          search: noteId === undefined ? filters : { ...filters, note: noteId },
        }),
      openThread: (threadId) => void navigate({ to: "/team/$threadId", params: { threadId } }),
      back: () => void navigate({ to: "/inbox/$view", params: { view: view.name }, search: filters }),
      show: (next) => {
        const { q: _, ...kept } = filters;
        void navigate({ to: "/inbox/$view", params: { view: next }, search: kept });
      },
      go: (next) => void navigate({ to: "/inbox/$view", params: { view: next.name }, search: searchOf(next) }),
      filter: (next) =>
        void navigate(
          conversationId === null
            ? { to: "/inbox/$view", params: { view: view.name }, search: next, replace: true }
            : { to: "/inbox/$view/$conversationId", params: { view: view.name, conversationId }, search: next, replace: true },
        ),
    };
  }, [view, note, conversationId, navigate]);
}
