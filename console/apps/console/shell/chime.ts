// The sounds: two soft tones, made here as a small recording. A media element plays it, which works beside the page: opening
// the sound device for tones as they come would hold up the page longer than many frames take. An escalation rises; at most
// one sound in a second and a half.
import type { NoticeKind } from "../../../lib/preferences";

const PAUSE_MS = 1500;
const TONES: Record<NoticeKind, readonly number[]> = { mine: [660, 880], unassigned: [520, 660], mention: [880, 880], escalation: [520, 780, 1040] };
const TONE_S = 0.14;
const RISE_S = 0.02;
const LOUDEST = 0.12;
const SOFTEST = 0.0001;
const PER_SECOND = 22_050;
const HEAD_BYTES = 44;

let last = 0;
const recorded = new Map<NoticeKind, HTMLAudioElement>();

export function chime(kind: NoticeKind): void {
  const now = Date.now();
  if (now - last < PAUSE_MS) return;
  // A browser keeps the sound back, and complains, until something was clicked or typed in the page.
  if (navigator.userActivation?.hasBeenActive === false) return;
  last = now;
  const sound = recorded.get(kind) ?? new Audio(URL.createObjectURL(recording(TONES[kind])));
  recorded.set(kind, sound);
  sound.currentTime = 0;
  // A machine without a sound device refuses; there is nothing to hear then.
  sound.play().catch(() => undefined);
}

/** One tone after the other as a WAV file of one channel. */
function recording(frequencies: readonly number[]): Blob {
  const each = Math.round(TONE_S * PER_SECOND);
  const count = each * frequencies.length;
  const file = new DataView(new ArrayBuffer(HEAD_BYTES + count * 2));
  const word = (at: number, letters: string) => [...letters].forEach((letter, index) => file.setUint8(at + index, letter.charCodeAt(0)));
  word(0, "RIFF");
  file.setUint32(4, HEAD_BYTES - 8 + count * 2, true);
  word(8, "WAVEfmt ");
  file.setUint32(16, 16, true);
  file.setUint16(20, 1, true);
  file.setUint16(22, 1, true);
  file.setUint32(24, PER_SECOND, true);
  file.setUint32(28, PER_SECOND * 2, true);
  file.setUint16(32, 2, true);
  file.setUint16(34, 16, true);
  word(36, "data");
  file.setUint32(40, count * 2, true);
  frequencies.forEach((frequency, tone) => {
    for (let index = 0; index < each; index += 1) {
      const at = index / PER_SECOND;
      const height = loudness(at) * Math.sin(2 * Math.PI * frequency * at);
      file.setInt16(HEAD_BYTES + (tone * each + index) * 2, Math.round(height * 0x7fff), true);
    }
  });
  return new Blob([file], { type: "audio/wav" });
}

/** Rises quickly and fades away. */
function loudness(at: number): number {
  if (at < RISE_S) return SOFTEST * (LOUDEST / SOFTEST) ** (at / RISE_S);
  return LOUDEST * (SOFTEST / LOUDEST) ** ((at - RISE_S) / (TONE_S - RISE_S));
}
