// The file waiting beside an unsent reply, per conversation: checked before the upload, uploaded while one types.
import { useSyncExternalStore } from "react";
import { uploadFile } from "../../../lib/api/hub";
import type { Channel } from "../../../lib/api/model";
import { texts } from "../../../lib/i18n/language";
import type { SentFile } from "../../../lib/realtime/store";
import { toastError, toastRefused } from "../../../lib/ui/toast";

export interface Attachment {
  name: string;
  preview: string | null;
  /** Null while the upload runs. */
  file: SentFile | null;
}

const MEGABYTE = 1024 * 1024;
/** What the channels take, in megabytes: WhatsApp by kind of content, Twilio for any MMS. */
const LIMITS = { image: 5, video: 16, audio: 16, document: 25, sms: 5 } as const;

const held = new Map<string, Attachment>();
const uploads = new Map<string, AbortController>();
const listeners = new Set<() => void>();

export function useAttachment(conversationId: string): Attachment | null {
  return useSyncExternalStore(subscribe, () => held.get(conversationId) ?? null);
}

/** Takes a file for a conversation, in place of the one that was there. */
export async function attach(conversationId: string, channel: Channel, file: File): Promise<void> {
  const megabytes = limitOf(channel, file);
  if (file.size > megabytes * MEGABYTE) {
    toastRefused(texts().composer.tooLarge(file.name, megabytes));
    return;
  }
  detach(conversationId);
  const upload = new AbortController();
  const preview = file.type.startsWith("image/") ? URL.createObjectURL(file) : null;
  uploads.set(conversationId, upload);
  put(conversationId, { name: file.name, preview, file: null });
  try {
    const media = await uploadFile(file, upload.signal);
    if (!upload.signal.aborted) put(conversationId, { name: file.name, preview, file: { media, preview } });
  } catch (error) {
    if (upload.signal.aborted) return;
    put(conversationId, null);
    toastError(error, texts().composer.uploadFailed);
  }
}

/** Takes the file away again, uploaded or not. */
export function detach(conversationId: string): void {
  uploads.get(conversationId)?.abort();
  uploads.delete(conversationId);
  put(conversationId, null);
}

/** Puts back a file whose message was stopped. */
export function giveBack(conversationId: string, file: SentFile): void {
  put(conversationId, { name: file.media.filename ?? "", preview: file.preview, file });
}

function limitOf(channel: Channel, file: File): number {
  if (channel === "sms") return LIMITS.sms;
  const kind = file.type.split("/")[0];
  return kind === "image" || kind === "video" || kind === "audio" ? LIMITS[kind] : LIMITS.document;
}

function put(conversationId: string, attachment: Attachment | null): void {
  if (attachment === null) held.delete(conversationId);
  else held.set(conversationId, attachment);
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}
