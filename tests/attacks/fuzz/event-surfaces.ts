import fc from 'fast-check';
import { ENTRY, TOKENS } from '../../support/broker/refusal-bundle.js';
import { type Deck, deckOf } from './fuzzed.js';
import { json, type Surface } from './surface.js';

export const event = fc.record(
  {
    specversion: fc.constant('1.0'),
    id: fc.nat().map((number) => `e-${number.toString(36)}`),
    type: fc.constant(ENTRY),
    op: fc.constantFrom('create', 'update', 'delete', 'snapshot', 'correction'),
    subject: fc.constantFrom('s1', 's2'),
    time: fc.constant('2026-11-22T08:30:00.123+08:00'),
    sourceposition: fc.tuple(fc.nat(99), fc.nat(999)).map(([major, minor]) => `${major}.${minor}`),
    sourceepoch: fc.constantFrom('e1', 'e2'),
    data: fc.record({
      id: fc.constantFrom('s1', 's2'),
      name: fc.string({ maxLength: 20 }),
      district: fc.constantFrom('a', 'b'),
      staff: fc.integer(),
    }),
    previous: fc.record({ district: fc.constantFrom('a', 'b') }),
    traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
  },
  { requiredKeys: ['specversion', 'id', 'type', 'op', 'data'], noNullPrototype: true },
);

let dealt = 0;
/** One in so many keeps what the event had before, and is a duplicate or behind its watermark. */
const STALE_EVERY = 8;

/** Without an id and a source position of its own nearly every event would be a duplicate, and go no further. */
export function refreshEvent(document: unknown): void {
  const fields = document as { id: string; sourceposition?: string };
  if (++dealt % STALE_EVERY === 0) return;
  fields.id = `e-${dealt.toString(36)}`;
  if (fields.sourceposition !== undefined) fields.sourceposition = `${dealt}.0`;
}

const BATCH = 'application/cloudevents-batch+json';
const LINES = 'application/x-ndjson';
const SINGLE = ['application/cloudevents+json', 'application/json', BATCH, LINES];
const post = { method: 'POST', path: '/v1/events', token: TOKENS.source };
const deck = deckOf(event, refreshEvent);

/** Bodies that are sent with the cards of one deck, and events in one of them. */
const BODIES = 8;
const BATCH_EVENTS_MAX = 40;
const LINES_MAX = 60;

/** Sends bodies until all are answered; resolves with the events in them. */
async function sendBodies(send: () => Promise<number>): Promise<number> {
  let events = 0;
  for (let i = 0; i < BODIES; i++) events += await send();
  return events;
}

const single: Surface = {
  name: 'events',
  share: 0.03,
  input: deck,
  send: (target, input) => {
    const cards = input as Deck;
    return sendBodies(async () => {
      await target.call({ ...post, contentType: cards.pick(SINGLE), body: cards.text() });
      return 1;
    });
  },
};

const batches: Surface = {
  name: 'events of batches',
  share: 0.3,
  input: deck,
  send: (target, input) => {
    const cards = input as Deck;
    return sendBodies(async () => {
      const documents = Array.from({ length: cards.between(1, BATCH_EVENTS_MAX) }, () => cards.document());
      const path = `${post.path}${cards.pick(['', '', '?atomic=true', '?results=problems'])}`;
      await target.call({ ...post, path, contentType: BATCH, body: json(documents) });
      return documents.length;
    });
  },
};

const lines: Surface = {
  name: 'lines',
  share: 0.52,
  input: deck,
  send: (target, input) => {
    const cards = input as Deck;
    return sendBodies(async () => {
      const all = Array.from({ length: cards.between(1, LINES_MAX) }, () => cards.text());
      const path = `${post.path}${cards.pick(['', '', '?results=problems'])}`;
      const body = Buffer.concat(all.flatMap((line) => [line, LINE_END]));
      await target.call({ ...post, path, contentType: LINES, body });
      return all.length;
    });
  },
};
const LINE_END = Buffer.from('\n');

export const EVENT_SURFACES: readonly Surface[] = [single, batches, lines];
