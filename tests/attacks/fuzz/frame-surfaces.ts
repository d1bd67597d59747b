import fc from 'fast-check';
import { codecFor } from '../../../proto/frames/frame-codec.js';
import { type ClientFrame, SUBPROTOCOLS, type Subprotocol } from '../../../proto/frames/frames.js';
import { clientFrame } from '../../support/arbitrary-frame.js';
import { SHOP_ITEMS, TOKENS } from '../../support/broker/refusal-bundle.js';
import { RAW_FRAMES } from '../../support/raw-client/raw-frames.js';
import { RawRecord } from '../../support/raw-client/raw-record.js';
import type { SeededRandom } from '../../support/seeded-random.js';
import { EventDealer, eventIn } from './event-surfaces.js';
import { type Deck, deckOf } from './fuzzed.js';
import type { Surface } from './surface.js';

type Message = string | Uint8Array;

const subscribeFrame = fc.constantFrom('g-shops', 'g-others', 'g-none').map((grant) => ({
  kind: 'subscribe',
  ref: 's',
  grant,
  cursor: 'fuzz',
  from: 'earliest',
  credit: 10,
  narrow: { district: { is: 'a' } },
}));
const publishFrame = eventIn('frames').map((one) => ({ kind: 'publish', ref: 'p', events: [one] }));
const otherFrame = fc.oneof(subscribeFrame as fc.Arbitrary<object>, clientFrame as fc.Arbitrary<object>);
/** The other encodings have bytes changed, so they need frames that can be encoded; `publish` has records in bytes there. */
const encodable = fc.array(otherFrame, { minLength: 20, maxLength: 30, size: 'max' });
const frames = fc.record({ deck: deckOf(fc.oneof(publishFrame, otherFrame)), encodable });

/** Frames that a session can read, which it takes one after another, and the one behind them that it cannot. */
const READABLE_MAX = 40;
const TRIED_MAX = 200;

/** The first frame that cannot be decoded ends the session, so the others go before it, and of those only one. */
const anyFrame: Surface = {
  name: 'frames',
  share: 0.02,
  dealer: (seed) => {
    const { deck, encodable } = fc.sample(frames, { seed, numRuns: 1 })[0]!;
    const messages = SUBPROTOCOLS.map((encoding) => encodable.map((frame) => encoded(encoding, frame as ClientFrame)));
    return (lane, random) => {
      const which = random.between(0, SUBPROTOCOLS.length - 1);
      const encoding = SUBPROTOCOLS[which]!;
      const deal = (): Message =>
        encoding === 'sluice.v1.json'
          ? deck.text(random).toString()
          : deck.bytes(random, random.pick(messages[which]!));
      return {
        inputs: sequence(encoding, deal, random.between(1, READABLE_MAX)),
        send: async (inputs) => {
          await lane.sessions.send(encoding, inputs as Message[], TOKENS.reader);
          return inputs.length;
        },
      };
    };
  },
};

function sequence(encoding: Subprotocol, deal: () => Message, readableMax: number): Message[] {
  const readable: Message[] = [];
  let broken: Message | undefined;
  for (let tried = 0; readable.length < readableMax && tried < TRIED_MAX; tried++) {
    const message = deal();
    if (isReadable(encoding, message)) readable.push(message);
    else broken = message;
  }
  return broken === undefined ? readable : [...readable, broken];
}

function isReadable(encoding: Subprotocol, message: Message): boolean {
  try {
    codecFor(encoding).decodeClient(Buffer.from(message as string), typeof message !== 'string');
    return true;
  } catch {
    return false;
  }
}

const EVENTS_MAX = 100;
const FRAMES_MAX = 4;

/** Frames that publish: their events are the inputs. */
const publishFrames: Surface = {
  name: 'events of frames',
  share: 0.04,
  dealer: (seed) => {
    const events = new EventDealer(seed);
    const { deck } = fc.sample(frames, { seed, numRuns: 1 })[0]!;
    return (lane, random) => {
      const encoding = random.pick(SUBPROTOCOLS);
      const inputs = Array.from({ length: random.between(1, EVENTS_MAX * FRAMES_MAX) }, () =>
        events.json(lane, random),
      );
      return {
        inputs,
        send: async (inputs) => {
          const messages: Message[] = [];
          for (let i = 0; i < inputs.length; i += EVENTS_MAX) {
            messages.push(publishing(encoding, inputs.slice(i, i + EVENTS_MAX) as string[], deck, random));
          }
          // One that cannot be read ends the session, and those behind it are not looked at.
          return (await lane.sessions.send(encoding, messages)) ? inputs.length : 1;
        },
      };
    };
  },
};

const record = new RawRecord(SHOP_ITEMS.map((item, i) => ({ ...item, number: i + 1 })));
const RECORD = record.encode({ id: 's1', name: 'Shop', district: 'a', staff: 7 });
/** Attributes that protobuf has as strings. */
const ATTRIBUTES = ['specversion', 'id', 'type', 'op', 'subject', 'time', 'sourceposition', 'sourceepoch'];

function publishing(encoding: Subprotocol, events: readonly string[], deck: Deck, random: SeededRandom): Message {
  if (encoding === 'sluice.v1.json') return `{"kind":"publish","ref":"p","events":[${events.join(',')}]}`;
  const parsed = events.map((text) => JSON.parse(text) as unknown);
  const given = encoding === 'sluice.v1.msgpack' ? parsed : parsed.map((one) => withRecord(one, deck, random));
  return encoded(encoding, { kind: 'publish', ref: 'p', events: given } as unknown as ClientFrame);
}

function withRecord(one: unknown, deck: Deck, random: SeededRandom): object {
  const fields = ATTRIBUTES.flatMap((name) => {
    const value = (one as Record<string, unknown> | null)?.[name];
    return typeof value === 'string' ? [[name, value] as const] : [];
  });
  return { ...Object.fromEntries(fields), data: deck.bytes(random, RECORD) };
}

const encoded = (encoding: Subprotocol, frame: ClientFrame): Uint8Array =>
  Buffer.from(RAW_FRAMES[encoding].encode(frame) as string);

export const FRAME_SURFACES: readonly Surface[] = [anyFrame, publishFrames];
