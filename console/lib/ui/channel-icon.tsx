import { Mail, MessageCircle, MessageSquareText, MessagesSquare, Phone, type LucideIcon } from "lucide-react";
import type { Channel } from "../api/model";
import { useTexts } from "../i18n/language";
import { cx } from "./cx";

const ICONS: Record<Channel, { icon: LucideIcon; tint: string }> = {
  whatsapp: { icon: MessageCircle, tint: "text-emerald-600 dark:text-emerald-400" },
  sms: { icon: MessageSquareText, tint: "text-sky-600 dark:text-sky-400" },
  email: { icon: Mail, tint: "text-violet-600 dark:text-violet-400" },
  chat: { icon: MessagesSquare, tint: "text-amber-600 dark:text-amber-400" },
  voice: { icon: Phone, tint: "text-rose-600 dark:text-rose-400" },
};

export function ChannelIcon({ channel, className }: { channel: Channel; className?: string }) {
  const t = useTexts();
  const { icon: Icon, tint } = ICONS[channel] ?? ICONS.chat;
  return <Icon role="img" aria-label={t.channels[channel] ?? channel} className={cx("size-3.5 shrink-0", tint, className)} strokeWidth={2.25} />;
}
