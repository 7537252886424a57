import { Button } from "./button";

/** Offers the next page of a list, where there is one. */
export function More({ label, more }: { label: string; more: (() => void) | null }) {
  if (more === null) return null;
  return (
    <div className="p-4 text-center">
      <Button onClick={more}>{label}</Button>
    </div>
  );
}
