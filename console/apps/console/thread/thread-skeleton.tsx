import { useTexts } from "../../../lib/i18n/language";
import { cx } from "../../../lib/ui/cx";

const WIDTHS = ["w-2/5", "w-1/2", "w-1/3", "w-3/5", "w-1/4"];

export function ThreadSkeleton() {
  const t = useTexts();
  return (
    <div role="status" aria-label={t.common.loading} className="flex h-full flex-col justify-end gap-4 p-6">
      {WIDTHS.map((width, index) => (
        <span key={width} className={cx("skeleton h-10 rounded-2xl", width, index % 2 === 1 && "self-end")} />
      ))}
    </div>
  );
}
