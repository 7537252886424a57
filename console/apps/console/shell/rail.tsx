import { Link } from "@tanstack/react-router";
import { Inbox, Keyboard, Smartphone } from "lucide-react";
import { useTexts } from "../../../lib/i18n/language";
import { IconButton } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { Tip } from "../../../lib/ui/tip";
import { usePlace } from "../inbox/place";
import { useDemoIdentities } from "../session/demo";
import { AccountMenu } from "./account-menu";
import { show } from "./overlay";
import { Logo } from "./logo";

/** The areas of the console on the left edge; along the bottom of a phone, where an open thread hides it. */
export function Rail() {
  const t = useTexts();
  const demo = useDemoIdentities().length > 0;
  const { conversationId } = usePlace();
  return (
    <nav
      aria-label={t.product}
      className={cx(
        "fixed inset-x-0 bottom-0 z-20 items-center border-line bg-canvas px-3 py-2 max-md:border-t md:static md:w-14 md:shrink-0 md:flex-col md:border-r md:px-0 md:py-3",
        conversationId === null ? "flex" : "hidden md:flex",
      )}
    >
      <Logo className="hidden size-8 md:block" />
      <div className="flex flex-1 items-center gap-1 md:mt-5 md:flex-col">
        <Tip label={t.shell.inbox}>
          <Link
            to="/inbox/$view"
            params={{ view: "all" }}
            aria-label={t.shell.inbox}
            className="flex size-10 items-center justify-center rounded-xl bg-accent-soft text-accent-text"
          >
            <Inbox className="size-5" strokeWidth={1.9} />
          </Link>
        </Tip>
        {demo && (
          <Tip label={t.shell.phones}>
            <a href="/sim/" target="_blank" rel="noreferrer" aria-label={t.shell.phones} className="flex size-10 items-center justify-center rounded-xl text-ink-soft hover:bg-hover hover:text-ink">
              <Smartphone className="size-5" strokeWidth={1.9} />
            </a>
          </Tip>
        )}
      </div>
      <div className="flex items-center gap-2 md:flex-col">
        <IconButton label={t.shell.shortcuts} keys="?" className="size-10 max-md:hidden" onClick={() => show({ kind: "sheet" })}>
          <Keyboard className="size-5" strokeWidth={1.9} />
        </IconButton>
        <AccountMenu />
      </div>
    </nav>
  );
}
