import { X } from "lucide-react";
import { addMember, removeMember, type TalkThread } from "../../../lib/api/talk";
import { useTalkTexts } from "../../../lib/i18n/talk";
import { useWorkspace } from "../../../lib/realtime/hooks";
import { Avatar } from "../../../lib/ui/avatar";
import { Button, IconButton } from "../../../lib/ui/button";
import { Dialog } from "../../../lib/ui/dialog";
import { Select } from "../../../lib/ui/fields";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useMe } from "../session/me";
import { useColleagues } from "./colleagues";

/** Who is in a group: others are taken in and out, and one leaves oneself. */
export function MembersDialog({ thread, onClose, onLeft }: { thread: TalkThread; onClose: () => void; onLeft: () => void }) {
  const t = useTalkTexts();
  const me = useMe();
  const { talk } = useWorkspace();
  const colleagues = useColleagues(me.user.id);
  const change = async (command: () => Promise<TalkThread>) => {
    try {
      talk.merge(await command());
    } catch (error) {
      toastError(error);
    }
  };
  const leave = async () => {
    try {
      await removeMember(thread.id, me.user.id);
      talk.leave(thread.id);
      toastDone(t.left);
      onClose();
      onLeft();
    } catch (error) {
      toastError(error);
    }
  };
  const others = colleagues.filter((one) => !thread.members.some((member) => member.id === one.id));
  return (
    <Dialog title={t.manage} onClose={onClose}>
      <ul className="mb-4 grid gap-1">
        {thread.members.map((member) => (
          <li key={member.id} className="flex items-center gap-3 rounded-lg px-1 py-1 text-[0.8125rem]">
            <Avatar name={member.name} size="sm" />
            <span className="min-w-0 flex-1 truncate">{member.name}</span>
            {member.id !== me.user.id && (
              <IconButton label={t.remove(member.name)} onClick={() => void change(() => removeMember(thread.id, member.id))}>
                <X className="size-3.5" />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      <Select label={t.add} value="" disabled={others.length === 0} onChange={(event) => event.target.value !== "" && void change(() => addMember(thread.id, event.target.value))}>
        <option value="">–</option>
        {others.map((one) => (
          <option key={one.id} value={one.id}>
            {one.name}
          </option>
        ))}
      </Select>
      <div className="mt-5 flex justify-between gap-2">
        <Button look="danger" onClick={() => void leave()}>
          {t.leave}
        </Button>
      </div>
    </Dialog>
  );
}
