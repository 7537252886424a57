// Where the reader is: the view, its filters, the open conversation, and how to go elsewhere.
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { View, ViewName } from "../../../lib/realtime/views";
import { isViewName, type InboxSearch } from "../router";

export interface Place {
  view: View;
  search: InboxSearch;
  conversationId: string | null;
  open: (conversationId: string) => void;
  back: () => void;
  show: (name: ViewName) => void;
  filter: (search: InboxSearch) => void;
}

export function usePlace(): Place {
  const params = useParams({ strict: false });
  const search: InboxSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const name: ViewName = params.view !== undefined && isViewName(params.view) ? params.view : "all";
  const { channel = null, q = "" } = search;
  const conversationId = params.conversationId ?? null;
  const view = useMemo<View>(() => ({ name, channel, q }), [name, channel, q]);
  return useMemo(
    () => ({
      view,
      search: { ...(channel === null ? {} : { channel }), ...(q === "" ? {} : { q }) },
      conversationId,
      open: (id) =>
        void navigate({ to: "/inbox/$view/$conversationId", params: { view: name, conversationId: id }, search: (now) => now }),
      back: () => void navigate({ to: "/inbox/$view", params: { view: name }, search: (now) => now }),
      show: (next) => void navigate({ to: "/inbox/$view", params: { view: next }, search: channel === null ? {} : { channel } }),
      filter: (next) =>
        void navigate(
          conversationId === null
            ? { to: "/inbox/$view", params: { view: name }, search: next, replace: true }
            : { to: "/inbox/$view/$conversationId", params: { view: name, conversationId }, search: next, replace: true },
        ),
    }),
    [view, name, channel, q, conversationId, navigate],
  );
}
