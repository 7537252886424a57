// How components read the live picture: each subscribes to one key.
import { createContext, useCallback, useContext, useEffect, useState, useSyncExternalStore } from "react";
import type { Conversation, PresenceStatus } from "../api/model";
import type { Phase } from "./socket";
import type { List, Mode, Onlooker, Stopped, Store, Thread, Typist } from "./store";
import type { TalkPicture } from "./talk";
import { viewKey, type View } from "./views";
import type { Workspace } from "./workspace";

export const WorkspaceContext = createContext<Workspace | null>(null);

export function useWorkspace(): Workspace {
  const workspace = useContext(WorkspaceContext);
  if (workspace === null) throw new Error("used outside a signed-in console");
  return workspace;
}

function useKey<T>(key: string, read: (store: Store) => T): T {
  const { store } = useWorkspace();
  const subscribe = useCallback((listener: () => void) => store.subscribe(key, listener), [store, key]);
  return useSyncExternalStore(subscribe, () => read(store));
}

export function useConversation(id: string): Conversation | null {
  return useKey(`conversation:${id}`, (store) => store.conversation(id));
}

export function useThread(id: string): Thread {
  return useKey(`thread:${id}`, (store) => store.thread(id));
}

export function useList(view: View): List | null {
  const key = viewKey(view);
  return useKey(`list:${key}`, (store) => store.list(key));
}

/** One word or number about a list. Rows that move in it draw nothing as long as that stays the same. */
export function useOfList<Told extends string | number>(view: View, read: (list: List | null) => Told): Told {
  const key = viewKey(view);
  return useKey(`list:${key}`, (store) => read(store.list(key)));
}

export function useTyping(id: string): readonly Typist[] {
  return useKey(`typing:${id}`, (store) => store.typing(id));
}

export function useOnlookers(id: string): readonly Onlooker[] {
  return useKey(`onlookers:${id}`, (store) => store.onlookers(id));
}

export function useStopped(id: string): Stopped | null {
  return useKey(`stopped:${id}`, (store) => store.stopped(id));
}

export function usePresence(userId: string): PresenceStatus | null {
  return useKey("presence", (store) => store.presence(userId));
}

export function useDraft(conversationId: string, mode: Mode): string {
  const { drafts } = useWorkspace();
  return useSyncExternalStore(drafts.subscribe, () => drafts.get(conversationId, mode));
}

export function useTalk(): TalkPicture {
  const { talk } = useWorkspace();
  return useSyncExternalStore(talk.subscribe, talk.picture);
}

export function usePhase(): Phase {
  const workspace = useWorkspace();
  return useSyncExternalStore(workspace.onPhase, workspace.phase);
}

/** The server's time, renewed every `everyMs` and when its clock was moved. */
export function useNow(everyMs: number): number {
  const workspace = useWorkspace();
  const [now, setNow] = useState(() => workspace.now());
  useEffect(() => {
    const renew = () => setNow(workspace.now());
    const timer = setInterval(renew, everyMs);
    const stop = workspace.onClock(renew);
    return () => {
      clearInterval(timer);
      stop();
    };
  }, [workspace, everyMs]);
  return now;
}
