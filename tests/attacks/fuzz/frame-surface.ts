import fc from 'fast-check';
import { codecFor } from '../../../proto/frames/frame-codec.js';
import { type ClientFrame, SUBPROTOCOLS, type Subprotocol } from '../../../proto/frames/frames.js';
import { clientFrame } from '../../support/arbitrary-frame.js';
import { RAW_FRAMES } from '../../support/raw-client/raw-frames.js';
import { event, refreshEvent } from './event-surfaces.js';
import { type Deck, deckOf } from './fuzzed.js';
import type { FuzzTarget, Surface } from './surface.js';

type Message = string | Uint8Array;

const publishFrame = event.map((one) => ({ kind: 'publish', ref: 'p', events: [one] }));
const subscribeFrame = fc.constantFrom('g-shops', 'g-others', 'g-none').map((grant) => ({
  ...{ kind: 'subscribe', ref: 's', grant, cursor: 'fuzz', from: 'earliest', credit: 10 },
  narrow: { district: { is: 'a' } },
}));
const anyFrame = fc.oneof(publishFrame, subscribeFrame, clientFrame as fc.Arbitrary<object>);
/** The other encodings have bytes changed, so they need frames that can be encoded; `publish` has records in bytes there. */
const encodable = fc.array(fc.oneof(subscribeFrame as fc.Arbitrary<object>, clientFrame as fc.Arbitrary<object>), {
  ...{ minLength: 10, maxLength: 30, size: 'max' },
});

const refreshFrame = (frame: unknown): void => (frame as { events?: unknown[] }).events?.forEach(refreshEvent);

const SEQUENCES = 10;
const FRAMES_MAX = 16;

export const FRAME_SURFACE: Surface = {
  name: 'frames',
  share: 0.07,
  input: fc.tuple(fc.constantFrom(...SUBPROTOCOLS), deckOf(anyFrame, refreshFrame), encodable),
  send: async (target, input) => {
    const [encoding, cards, frames] = input as [Subprotocol, Deck, ClientFrame[]];
    const message = (): Message =>
      encoding === 'sluice.v1.json'
        ? cards.text().toString()
        : cards.bytes(RAW_FRAMES[encoding].encode(cards.pick(frames)) as Uint8Array);
    let sent = 0;
    for (let i = 0; i < SEQUENCES; i++) {
      const all = Array.from({ length: cards.between(1, FRAMES_MAX) }, message);
      sent += await sendSequence(target, encoding, all);
    }
    return sent;
  },
};

/** The first frame that cannot be decoded ends the session, so the others go before it, and of those only one. */
async function sendSequence(target: FuzzTarget, encoding: Subprotocol, all: readonly Message[]): Promise<number> {
  const readable = all.filter((message) => isReadable(encoding, message));
  const broken = all.find((message) => !readable.includes(message));
  const sent = broken === undefined ? readable : [...readable, broken];
  await target.sessions.send(encoding, sent);
  return sent.length;
}

function isReadable(encoding: Subprotocol, message: Message): boolean {
  try {
    codecFor(encoding).decodeClient(Buffer.from(message as string), typeof message !== 'string');
    return true;
  } catch {
    return false;
  }
}
