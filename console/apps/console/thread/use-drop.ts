// A file dropped anywhere on the thread goes to the reply, where one may be written.
import { useState, type DragEvent } from "react";
import type { Conversation } from "../../../lib/api/model";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { attachFirst } from "../composer/attachments";
import { focusComposer } from "../composer/mode";
import { mayReply, useMe } from "../session/me";

interface Drop {
  over: boolean;
  drop: {
    onDragOver?: (event: DragEvent) => void;
    onDragLeave?: (event: DragEvent) => void;
    onDrop?: (event: DragEvent) => void;
  };
}

export function useDrop(conversation: Conversation | null): Drop {
  const me = useMe();
  const workspace = useWorkspace();
  const [over, setOver] = useState(false);
  if (conversation === null || conversation.status === "closed" || !mayReply(me, conversation)) return { over: false, drop: {} };
  const { id, channel, window_expires_at: until } = conversation;
  const isShut = channel === "whatsapp" && (until === null || Date.parse(until) <= workspace.now());
  if (isShut) return { over: false, drop: {} };
  return {
    over,
    drop: {
      onDragOver: (event) => {
        if (!event.dataTransfer.types.includes("Files")) return;
        event.preventDefault();
        setOver(true);
      },
      onDragLeave: (event) => {
        const into = event.relatedTarget;
        if (!(into instanceof Node) || !event.currentTarget.contains(into)) setOver(false);
      },
      onDrop: (event) => {
        event.preventDefault();
        setOver(false);
        if (event.dataTransfer.files.length === 0) return;
        focusComposer(id, "reply");
        attachFirst(id, channel, event.dataTransfer.files);
      },
    },
  };
}
