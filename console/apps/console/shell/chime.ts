// The sounds: two soft tones, made here. An escalation rises; at most one sound in a second and a half.
import type { NoticeKind } from "../../../lib/preferences";

const PAUSE_MS = 1500;
const TONES: Record<NoticeKind, readonly number[]> = { mine: [660, 880], unassigned: [520, 660], mention: [880, 880], escalation: [520, 780, 1040] };
const TONE_S = 0.14;

let last = 0;
let context: AudioContext | null = null;

export function chime(kind: NoticeKind): void {
  const now = Date.now();
  if (now - last < PAUSE_MS || typeof AudioContext === "undefined") return;
  // A browser keeps the sound back, and complains, until something was clicked or typed in the page.
  if (navigator.userActivation?.hasBeenActive === false) return;
  last = now;
  // Opening the sound device takes longer than a frame: it waits for a moment without work, and a sound can.
  atRest(() => {
    context ??= new AudioContext();
    const audio = context;
    void audio.resume().then(() => {
      for (const [index, frequency] of TONES[kind].entries()) tone(audio, frequency, audio.currentTime + index * TONE_S);
    });
  });
}

const LONGEST_WAIT_MS = 300;

function atRest(work: () => void): void {
  if (typeof requestIdleCallback === "undefined") work();
  else requestIdleCallback(work, { timeout: LONGEST_WAIT_MS });
}

function tone(audio: AudioContext, frequency: number, at: number): void {
  const oscillator = audio.createOscillator();
  const volume = audio.createGain();
  oscillator.frequency.value = frequency;
  volume.gain.setValueAtTime(0.0001, at);
  volume.gain.exponentialRampToValueAtTime(0.12, at + 0.02);
  volume.gain.exponentialRampToValueAtTime(0.0001, at + TONE_S);
  oscillator.connect(volume).connect(audio.destination);
  oscillator.start(at);
  oscillator.stop(at + TONE_S);
}
