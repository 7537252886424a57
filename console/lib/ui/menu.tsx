import { Check } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import { cx } from "./cx";
import { Keys } from "./keys";

const ITEM =
  "flex min-h-8 items-center gap-2.5 rounded-lg px-2.5 py-1.5 text-[0.8125rem] outline-none select-none " +
  "data-highlighted:bg-hover data-disabled:opacity-50";

export interface MenuProps {
  trigger: ReactNode;
  children: ReactNode;
  align?: "start" | "center" | "end";
  side?: "top" | "right" | "bottom" | "left";
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
}

export function Menu({ trigger, children, align = "end", side = "bottom", open, onOpenChange }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false} {...(open === undefined ? {} : { open })} {...(onOpenChange === undefined ? {} : { onOpenChange })}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align={align}
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="appear z-50 max-h-96 min-w-52 overflow-y-auto rounded-xl border border-line bg-raised p-1 shadow-float"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

export interface MenuItemProps {
  onSelect: () => void;
  icon?: ReactNode;
  keys?: string;
  disabled?: boolean;
  tone?: "plain" | "danger";
  children: ReactNode;
}

export function MenuItem({ onSelect, icon, keys, disabled = false, tone = "plain", children }: MenuItemProps) {
  return (
    <DropdownMenu.Item onSelect={onSelect} disabled={disabled} className={cx(ITEM, tone === "danger" && "text-danger-ink")}>
      {icon}
      <span className="min-w-0 flex-1 truncate">{children}</span>
      {keys !== undefined && <Keys keys={keys} />}
    </DropdownMenu.Item>
  );
}

export function MenuChoices<T extends string>(props: {
  label: string;
  value: T;
  onChange: (value: T) => void;
  choices: readonly (readonly [T, ReactNode])[];
}) {
  return (
    <>
      <MenuLabel>{props.label}</MenuLabel>
      <DropdownMenu.RadioGroup value={props.value} onValueChange={(value) => props.onChange(value as T)}>
        {props.choices.map(([value, text]) => (
          <DropdownMenu.RadioItem key={value} value={value} className={ITEM}>
            <span className="flex min-w-0 flex-1 items-center gap-2.5">{text}</span>
            <DropdownMenu.ItemIndicator>
              <Check className="size-4 text-accent-text" />
            </DropdownMenu.ItemIndicator>
          </DropdownMenu.RadioItem>
        ))}
      </DropdownMenu.RadioGroup>
    </>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className="px-2.5 pt-2 pb-1 text-2xs font-semibold text-ink-faint">{children}</DropdownMenu.Label>;
}

export function MenuLine() {
  return <DropdownMenu.Separator className="mx-2 my-1 h-px bg-line" />;
}
