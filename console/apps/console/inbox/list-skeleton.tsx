import { useTexts } from "../../../lib/i18n/language";

export function ListSkeleton() {
  const t = useTexts();
  return (
    <div role="status" aria-label={t.common.loading} className="grid gap-1 px-2">
      {Array.from({ length: 7 }, (_, index) => (
        <div key={index} className="flex h-18 items-center gap-3 px-3">
          <span className="skeleton size-9 rounded-full" />
          <span className="grid flex-1 gap-2">
            <span className="skeleton h-3 w-2/5" />
            <span className="skeleton h-3 w-4/5" />
          </span>
        </div>
      ))}
    </div>
  );
}
