import { useWorkspace } from "../../../lib/realtime/hooks";
import { FilterBar } from "./filter-bar";
import { ConversationList } from "./conversation-list";
import { usePlace } from "./place";
import { useList } from "../../../lib/realtime/hooks";
import { ErrorState } from "../../../lib/ui/states";
import { useTexts } from "../../../lib/i18n/language";
import { ListSkeleton } from "./list-skeleton";
import { NoConversations } from "./no-conversations";

export function ListPane({ cursor }: { cursor: string | null }) {
  const t = useTexts();
  const workspace = useWorkspace();
  const { view } = usePlace();
  const list = useList(view);
  const loading = list === null || list.load === "idle" || list.load === "loading";
  return (
    <>
      <FilterBar />
      <div className="min-h-0 flex-1">
        {loading && list?.ids.length !== undefined && list.ids.length > 0 ? (
          <ConversationList list={list} cursor={cursor} />
        ) : loading ? (
          <ListSkeleton />
        ) : list.load === "error" ? (
          <ErrorState title={t.list.failed} error={list.error} onRetry={() => void workspace.loadList(view)} />
        ) : list.ids.length === 0 ? (
          <NoConversations />
        ) : (
          <ConversationList list={list} cursor={cursor} />
        )}
      </div>
    </>
  );
}
