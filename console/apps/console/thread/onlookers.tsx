import { useDeskTexts } from "../../../lib/i18n/desk";
import { useOnlookers } from "../../../lib/realtime/hooks";
import { Avatar } from "../../../lib/ui/avatar";
import { cx } from "../../../lib/ui/cx";
import { Tip } from "../../../lib/ui/tip";

const MOST = 3;
const LOOKS = { header: "size-6", row: "size-4.5! text-[0.5625rem]" } as const;

/** Colleagues who have the conversation open too. */
export function Onlookers({ id, at }: { id: string; at: keyof typeof LOOKS }) {
  const t = useDeskTexts();
  const people = useOnlookers(id);
  if (people.length === 0) return null;
  const words = t.looking(people.map((one) => one.name).join(", "), people.length);
  return (
    <Tip label={words}>
      <span data-onlookers={people.map((one) => one.name).join(",")} className={cx("flex shrink-0", at === "header" ? "-space-x-1.5 max-sm:hidden" : "-space-x-1")}>
        <span className="sr-only">{words}</span>
        {people.slice(0, MOST).map((one) => (
          <Avatar key={one.id} name={one.name} size="sm" className={cx(LOOKS[at], "ring-2 ring-accent/60")} />
        ))}
      </span>
    </Tip>
  );
}
