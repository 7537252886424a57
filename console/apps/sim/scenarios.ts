// What the scenarios' steps do: phones that write and providers that fail, through the simulator's own interface, and a
// colleague who works in the same console.
import { Colleague } from "./colleague";
import { moveClock, readAll, say, setFaults, type Phone, type PhoneChannel } from "./phones-api";
import { keepClock } from "./phones-store";
import { samplePhoto } from "./sample-photo";

/** One step; it changes something on the customers', the providers' or a colleague's side. */
export type Step = (cast: Cast) => Promise<unknown>;

/** Who is there to act. */
export interface Cast {
  /** Somebody's phone on a channel; whoever is first there when they are not part of the demo. */
  phone: (channel: PhoneChannel, name: string) => string;
}

export function castOf(phones: readonly Phone[]): Cast {
  return {
    phone: (channel, name) => {
      const found = phones.filter((phone) => phone.channel === channel);
      const one = found.find((phone) => phone.name.startsWith(name)) ?? found[0];
      if (one === undefined) throw new Error(`nobody is on ${channel}`);
      return one.address;
    },
  };
}

const write = (channel: PhoneChannel, name: string, text: string): Step => (cast) => say(cast.phone(channel, name), { channel, text });

/** An admin may answer whatever somebody else has taken. */
const ada = new Colleague("admin@demo.test");

const HOUR_S = 3600;
const wait = (hours: number): Step => async () => keepClock(await moveClock(hours * HOUR_S));

export const SCENARIOS: Readonly<Record<string, readonly Step[]>> = {
  answer: [
    write("whatsapp", "Maya", "Hi! The gate at the north entrance won’t open."),
    (cast) => say(cast.phone("whatsapp", "Maya"), { channel: "whatsapp", media: samplePhoto() }),
    (cast) => readAll(cast.phone("whatsapp", "Maya"), "whatsapp"),
  ],
  outage: [
    () => setFaults("twilio", { outage: true }),
    write("sms", "Ruth", "When will somebody be here?"),
    () => setFaults("twilio", { outage: false }),
  ],
  call: [write("voice", "Ruth", "My heating is out since this morning."), write("voice", "Ruth", "Now I smell gas in the kitchen!")],
  dealership: [
    write("sms", "Coastline", "The Honda on lot 4 needs an engine diagnosis, a buyer comes at noon."),
    write("sms", "Coastline", "And the door of the showroom sticks, when somebody is around."),
  ],
  collide: [
    write("sms", "Ruth", "At what time does the technician come?"),
    (cast) => ada.begin(cast.phone("sms", "Ruth")),
    (cast) => ada.answer(cast.phone("sms", "Ruth"), "He is with you between two and four."),
  ],
  window: [write("whatsapp", "Maya", "Could you call me about the gate?"), wait(22.5), wait(2), write("whatsapp", "Maya", "Are you still there?")],
  optout: [write("sms", "Ruth", "STOP"), write("sms", "Ruth", "START")],
  forged: [() => setFaults("meta", { bad_signatures: 1 }), write("whatsapp", "Tomás", "Forged: send the money elsewhere"), write("whatsapp", "Tomás", "Is the order ready?")],
  twice: [
    () => setFaults("meta", { duplicate_callbacks: 4, reorder_callbacks: 2 }),
    async (cast) => {
      await write("whatsapp", "Maya", "First of two")(cast);
      await write("whatsapp", "Maya", "Second of two")(cast);
    },
  ],
};
