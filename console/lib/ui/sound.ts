// Two short notes, made here: no file to load, nothing to license. Never more than one in a second and a half.
import { preferences, type SoundEvent } from "./preferences";

const QUIET_MS = 1500;
const NOTES: Record<SoundEvent, readonly number[]> = {
  mine: [659, 880],
  unassigned: [523, 659],
  mention: [784, 988],
  escalation: [880, 622, 880],
};

let context: AudioContext | null = null;
let last = 0;

/** Makes the sound of an event, when the person wants it. */
export function ring(event: SoundEvent): void {
  if (!preferences().sounds[event] || Date.now() - last < QUIET_MS) return;
  last = Date.now();
  play(event);
}

/** Makes the sound whatever is set; for trying it. */
export function play(event: SoundEvent): void {
  context ??= new AudioContext();
  // A browser keeps it silent until the page was clicked once.
  void context.resume();
  const start = context.currentTime;
  for (const [index, frequency] of NOTES[event].entries()) {
    const tone = context.createOscillator();
    const volume = context.createGain();
    const at = start + index * 0.13;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, at);
    volume.gain.linearRampToValueAtTime(0.12, at + 0.02);
    volume.gain.exponentialRampToValueAtTime(0.001, at + 0.24);
    tone.connect(volume).connect(context.destination);
    tone.start(at);
    tone.stop(at + 0.26);
  }
  dispatchEvent(new CustomEvent("patchbay:sound", { detail: event }));
}
