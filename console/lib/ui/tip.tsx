import { Tooltip } from "radix-ui";
import type { ReactNode } from "react";
import { Keys } from "./keys";

export const TipProvider = Tooltip.Provider;

export function Tip({ label, keys, children }: { label: string; keys?: string | undefined; children: ReactNode }) {
  return (
    <Tooltip.Root>
      <Tooltip.Trigger asChild>{children}</Tooltip.Trigger>
      <Tooltip.Portal>
        <Tooltip.Content
          sideOffset={6}
          collisionPadding={8}
          className="appear z-50 flex items-center gap-2 rounded-md bg-ink px-2 py-1 text-xs font-medium text-canvas shadow-float"
        >
          {label}
          {keys !== undefined && <Keys keys={keys} tone="inverse" />}
        </Tooltip.Content>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
