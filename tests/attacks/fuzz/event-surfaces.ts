import fc from 'fast-check';
import { ENTRY } from '../../support/broker/refusal-bundle.js';
import type { SeededRandom } from '../../support/seeded-random.js';
import { type Deck, deckOf } from './fuzzed.js';
import { inputsOf, type Lane, type Surface } from './surface.js';

/** Stands for the number that makes an event differ from those before it. */
const NUMBER = '@n';

const key = fc.constantFrom('s1', 's2');
const previous = fc.record({ district: fc.constantFrom('a', 'b') });
const withData = key.chain((id) =>
  fc.record({
    subject: fc.constant(id),
    data: fc.record({
      id: fc.constant(id),
      name: fc.string({ maxLength: 20 }),
      district: fc.constantFrom('a', 'b'),
      staff: fc.integer(),
    }),
  }),
);

/** Members of an event that follow from its operation. */
const byOperation: fc.Arbitrary<object>[] = [
  withData.map((fields) => ({ op: 'create', ...fields })),
  fc.tuple(withData, previous).map(([fields, previous]) => ({ op: 'update', ...fields, previous })),
  fc.tuple(withData, previous).map(([fields, previous]) => ({ op: 'correction', corrects: 1, ...fields, previous })),
  fc.tuple(key, previous).map(([subject, previous]) => ({ op: 'delete', subject, previous })),
  withData.map((fields) => ({ op: 'snapshot', snapshotid: 'n1', ...fields })),
  fc.constantFrom('snapshot_begin', 'snapshot_end').map((op) => ({ op, snapshotid: 'n1' })),
];

/** Members that any event may have. */
const optional = fc.record(
  {
    time: fc.constant('2026-11-22T08:30:00.123+08:00'),
    traceparent: fc.constant('00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01'),
  },
  { requiredKeys: [], noNullPrototype: true },
);
/** One in forty: a source waits for the quarantine of each positioned event that is refused, and all that it sends behind it waits too. */
const positionIn = (epoch: string): fc.Arbitrary<object> =>
  fc.oneof(
    { weight: 39, arbitrary: fc.constant({}) },
    { weight: 1, arbitrary: fc.constant({ sourceposition: `${NUMBER}.0`, sourceepoch: epoch }) },
  );

/** A valid event. The broker knows no older epoch than that of a source's last event, so all events of a seed have one. */
export const eventIn = (epoch: string): fc.Arbitrary<object> =>
  fc
    .tuple(fc.oneof(...byOperation), positionIn(epoch), optional)
    .map((fields) => Object.assign({ specversion: '1.0', id: `e-${epoch}-${NUMBER}`, type: ENTRY }, ...fields));

/** One in so many has the number of an event before it, and is a duplicate or behind its watermark. */
const STALE_EVERY = 8;

/** Deals events of one seed, numbered by lane. */
export class EventDealer {
  readonly #deck: Deck;

  constructor(seed: number) {
    this.#deck = fc.sample(deckOf(eventIn(seed.toString(36))), { seed, numRuns: 1 })[0]!;
  }

  json(lane: Lane, random: SeededRandom): string {
    return this.#numbered(this.#deck.json(random), lane, random);
  }

  /** One in ten is no JSON. */
  text(lane: Lane, random: SeededRandom): string | Buffer {
    const text = this.#deck.text(random);
    return typeof text === 'string' ? this.#numbered(text, lane, random) : text;
  }

  #numbered(text: string, lane: Lane, random: SeededRandom): string {
    const number = lane.nextEvent() - (random.between(1, STALE_EVERY) > 1 ? 0 : 1);
    return text.replaceAll(NUMBER, String(number));
  }
}

const BATCH = 'application/cloudevents-batch+json';
const LINES = 'application/x-ndjson';
const SINGLE = ['application/cloudevents+json', 'application/json', BATCH, LINES];
const post = { method: 'POST', path: '/v1/events' };

const BATCH_EVENTS_MAX = 400;
const LINES_MAX = 800;

const several = <T>(random: SeededRandom, max: number, make: () => T): T[] =>
  Array.from({ length: random.between(1, max) }, make);

const single: Surface = {
  name: 'events',
  share: 0.002,
  dealer: (seed) => {
    const events = new EventDealer(seed);
    return (lane, random) => {
      const contentType = random.pick(SINGLE);
      return {
        inputs: [events.text(lane, random)],
        send: async ([body]) => {
          return inputsOf(await lane.call({ ...post, token: lane.token, contentType, body: body as string }));
        },
      };
    };
  },
};

const batches: Surface = {
  name: 'events of batches',
  share: 0.15,
  dealer: (seed) => {
    const events = new EventDealer(seed);
    return (lane, random) => {
      const path = `${post.path}${random.pick(['', '', '', '?atomic=true', '?results=problems'])}`;
      return {
        inputs: several(random, BATCH_EVENTS_MAX, () => events.json(lane, random)),
        send: async (inputs) => {
          const body = `[${inputs.join(',')}]`;
          const { text } = await lane.call({ ...post, path, token: lane.token, contentType: BATCH, body });
          // One that was refused as a whole, such as for a key that is there twice, was not looked at event by event.
          return text.startsWith('[') ? inputs.length : 1;
        },
      };
    };
  },
};

const lines: Surface = {
  name: 'lines',
  share: 0.783,
  dealer: (seed) => {
    const events = new EventDealer(seed);
    return (lane, random) => {
      const path = `${post.path}${random.pick(['', '', '?results=problems'])}`;
      return {
        inputs: several(random, LINES_MAX, () => events.text(lane, random)),
        send: async (inputs) => {
          const body = asLines(inputs as (string | Buffer)[]);
          await lane.call({ ...post, path, token: lane.token, contentType: LINES, body });
          return inputs.length;
        },
      };
    };
  },
};

function asLines(inputs: readonly (string | Buffer)[]): Buffer {
  const parts: Buffer[] = [];
  let text = '';
  for (const input of inputs) {
    if (typeof input === 'string') text += `${input}\n`;
    else {
      parts.push(Buffer.from(text), input);
      text = '\n';
    }
  }
  return Buffer.concat([...parts, Buffer.from(text)]);
}

export const EVENT_SURFACES: readonly Surface[] = [single, batches, lines];
