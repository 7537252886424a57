import { X } from "lucide-react";
import { listRows, put, removeRow, type Row } from "../../../lib/api/rows";
import { useAdminTexts } from "../../../lib/i18n/admin";
import { Avatar } from "../../../lib/ui/avatar";
import { IconButton } from "../../../lib/ui/button";
import { Select } from "../../../lib/ui/fields";
import { toastDone, toastError } from "../../../lib/ui/toast";
import { useLoad } from "../../../lib/ui/use-load";
import type { ExtraProps } from "./row-extras";
import { useOptions } from "./options";

/** Who is in a team. */
export function TeamMembers({ row, writes, onChange }: ExtraProps) {
  const t = useAdminTexts();
  const path = `/api/v1/teams/${row.id}/members`;
  const members = useLoad<readonly Row[]>(path, async () => (await listRows(path)).data);
  const people = useOptions("users");
  const rows = members.value ?? [];
  const change = async (act: () => Promise<unknown>) => {
    try {
      await act();
      toastDone(t.saved);
    } catch (error) {
      toastError(error);
    }
    members.reload();
    onChange();
  };
  return (
    <section aria-label={t.members} className="grid gap-3">
      <h3 className="text-sm font-semibold">{t.members}</h3>
      {members.state === "ready" && rows.length === 0 && <p className="text-[0.8125rem] text-ink-soft">{t.noMembers}</p>}
      <ul className="grid gap-1">
        {rows.map((member) => (
          <li key={member.id} data-member={String(member["email"])} className="flex items-center gap-3 rounded-lg py-1">
            <Avatar name={String(member["full_name"])} size="sm" />
            <span className="min-w-0 flex-1 truncate text-[0.8125rem]">
              {String(member["full_name"])} <span className="text-ink-faint">· {t.choices[String(member["role"])] ?? String(member["role"])}</span>
            </span>
            {writes && (
              <IconButton label={t.removeMember(String(member["full_name"]))} onClick={() => void change(() => removeRow(path, member.id))}>
                <X className="size-3.5" />
              </IconButton>
            )}
          </li>
        ))}
      </ul>
      {writes && (
        <Select label={t.addMember} value="" onChange={(event) => event.target.value !== "" && void change(() => put(`${path}/${event.target.value}`))}>
          <option value="">{t.nothingChosen}</option>
          {people
            .filter((one) => !rows.some((member) => member.id === one.value))
            .map((one) => (
              <option key={one.value} value={one.value}>
                {one.text}
              </option>
            ))}
        </Select>
      )}
    </section>
  );
}
