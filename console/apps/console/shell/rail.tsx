import { Link, useLocation } from "@tanstack/react-router";
import { ContactRound, Inbox, Keyboard, Smartphone, Wrench } from "lucide-react";
import { useTexts } from "../../../lib/i18n/language";
import { usePeopleTexts } from "../../../lib/i18n/people";
import { IconButton } from "../../../lib/ui/button";
import { cx } from "../../../lib/ui/cx";
import { Tip } from "../../../lib/ui/tip";
import { usePlace } from "../inbox/place";
import { useDemoIdentities } from "../session/demo";
import { useMe } from "../session/me";
import { AccountMenu } from "./account-menu";
import { show } from "./overlay";
import { Logo } from "./logo";

const AREA = "flex size-10 items-center justify-center rounded-xl";
const HERE = "bg-accent-soft text-accent-text";
const ELSEWHERE = "text-ink-soft hover:bg-hover hover:text-ink";
const AREAS: readonly string[] = ["contacts", "admin"];
const MENDERS: readonly string[] = ["admin", "supervisor", "auditor"];

/** The areas of the console on the left edge; along the bottom of a phone, where an open thread hides it. */
export function Rail() {
  const t = useTexts();
  const demo = useDemoIdentities().length > 0;
  const { conversationId } = usePlace();
  const people = usePeopleTexts();
  const area = useLocation({ select: ({ pathname }) => AREAS.find((one) => pathname.includes(`/${one}/`) || pathname.endsWith(`/${one}`)) ?? "inbox" });
  const mends = MENDERS.includes(useMe().user.role);
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
            className={cx(AREA, area === "inbox" ? HERE : ELSEWHERE)}
          >
            <Inbox className="size-5" strokeWidth={1.9} />
          </Link>
        </Tip>
        <Tip label={people.contacts}>
          <Link to="/contacts" aria-label={people.contacts} className={cx(AREA, area === "contacts" ? HERE : ELSEWHERE)}>
            <ContactRound className="size-5" strokeWidth={1.9} />
          </Link>
        </Tip>
        {mends && (
          <Tip label={people.repairs}>
            <Link to="/admin/dead-letters" aria-label={people.repairs} className={cx(AREA, area === "admin" ? HERE : ELSEWHERE)}>
              <Wrench className="size-5" strokeWidth={1.9} />
            </Link>
          </Tip>
        )}
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
