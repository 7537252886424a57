import { CircleCheck, Inbox, Moon, SearchX, Archive } from "lucide-react";
import { useTexts } from "../../../lib/i18n/language";
import { Button } from "../../../lib/ui/button";
import { EmptyState } from "../../../lib/ui/states";
import { useDemoIdentities } from "../session/demo";
import { usePlace } from "./place";

const ICONS = { mine: CircleCheck, unassigned: CircleCheck, all: Inbox, snoozed: Moon, closed: Archive } as const;

/** Says why the list is empty, and offers the one thing that makes sense. */
export function NoConversations() {
  const t = useTexts();
  const { view, filter } = usePlace();
  const demo = useDemoIdentities().length > 0;
  if (view.q !== "" || view.channel !== null || view.team !== null || view.tag !== null) {
    const [title, text] = t.list.noMatch;
    return (
      <EmptyState icon={SearchX} title={title} text={text}>
        <Button onClick={() => filter({})}>{t.list.clear}</Button>
      </EmptyState>
    );
  }
  const [title, text] = t.list.empty[view.name] ?? t.list.noMatch;
  return (
    <EmptyState icon={ICONS[view.name]} title={title} text={text}>
      {demo && (
        <a href="/sim/" target="_blank" rel="noreferrer" className="text-[0.8125rem] font-medium text-accent-text hover:underline">
          {t.list.openSimulator}
        </a>
      )}
    </EmptyState>
  );
}
