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
  /** How much of it has gone out, from 0 to 1. */
  part: number;
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

/** Takes the first of some files; a message carries one. */
export function attachFirst(conversationId: string, channel: Channel, files: FileList | null | undefined): void {
  const file = files?.[0];
  if (file === undefined) return;
  if ((files?.length ?? 0) > 1) toastRefused(texts().composer.oneFile(file.name));
  void attach(conversationId, channel, file);
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
  put(conversationId, { name: file.name, preview, file: null, part: 0 });
  try {
    const media = await uploadFile(file, upload.signal, (part) => {
      if (!upload.signal.aborted) put(conversationId, { name: file.name, preview, file: null, part });
    });
    if (!upload.signal.aborted) put(conversationId, { name: file.name, preview, file: { media, preview }, part: 1 });
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
  put(conversationId, { name: file.media.filename ?? "", preview: file.preview, file, part: 1 });
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
