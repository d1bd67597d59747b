import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import type { EntryVersion } from '../../../proto/entry/entry.js';
import type { SourceEvent } from '../../../proto/event/event.js';
import { AcceptedValues } from './accepted-values.js';
import { encodeBatch } from './encoded-batch.js';
import { EntryAcceptedValues } from './entry-accepted-values.js';
import { publishGroup } from './publish-group.js';

const ENTRY = 'party.people';

interface ReceivedRequest {
  atomic: boolean;
  /** Ids of the events. */
  events: string[];
  /** Previous district of each event. */
  previous: unknown[];
  /** True when the accepted values had been saved before the request. */
  isSaved: boolean;
}

interface BusBehaviour {
  /** Atomic batches of more events are refused. */
  atomicMax?: number;
  /** Events stored or quarantined before: duplicates, unless they are part of a refused atomic batch. */
  processed?: Set<string>;
  /** Numbers of the requests that are processed but whose responses are lost. */
  lost?: number[];
}

const problem = (code: string) => ({ problem: { code, status: 422, detail: code } });
const isBad = ({ id }: SourceEvent): boolean => /^(?:bad|huge)/.test(id);
const isHuge = ({ id, data }: SourceEvent): boolean => id.startsWith('huge') && data?.oversizedEvent === undefined;
const VERSION = {
  items: [
    { name: 'id', identifier: true },
    { name: 'district', filterable: true },
  ],
};

/** Answers as a bus that refuses atomic batches with a bad event or too many, and knows what it has processed. */
const answerOf = (atomicMax: number, processed: Set<string>) => (events: SourceEvent[], atomic: boolean) => {
  const isRefused = atomic && (events.some(isBad) || events.length > atomicMax);
  return events.map((event, index) => {
    const { id } = event;
    if (!atomic && processed.has(id)) return { id, position: index + 1, duplicate: true };
    if (!isRefused) processed.add(id);
    if (isBad(event)) return { id, ...problem('ITEM_INVALID') };
    return isRefused ? { id, ...problem('BATCH_REFUSED') } : { id, position: index + 1 };
  });
};

const acceptedValuesIn = (onSaved: () => void): AcceptedValues =>
  new AcceptedValues({ read: () => undefined, write: async () => onSaved() }, () => undefined);

/** A bus that refuses the events whose id begins with `bad`, and any request with one whose id begins with `huge`. */
async function scriptedBus(t: Test, { atomicMax = 1_000, processed = new Set(), lost = [] }: BusBehaviour = {}) {
  const requests: ReceivedRequest[] = [];
  let isSaved = false;
  const answer = answerOf(atomicMax, processed);
  const server = createServer(async (request, response) => {
    const atomic = request.url?.includes('atomic=true') ?? false;
    const events = JSON.parse(await text(request)) as SourceEvent[];
    requests.push({ atomic, events: events.map(({ id }) => id), previous: events.map(previousDistrict), isSaved });
    if (events.some(isHuge)) {
      const tooLarge = { code: 'TOO_LARGE', status: 413, title: 'too large', detail: 'too large' };
      response.writeHead(413).end(JSON.stringify(tooLarge));
      return;
    }
    const results = answer(events, atomic);
    if (lost.includes(requests.length)) request.socket.destroy();
    else response.setHeader('content-type', 'application/json').end(JSON.stringify(results));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const acceptedValues = new EntryAcceptedValues(
    ENTRY,
    acceptedValuesIn(() => (isSaved = true)),
    {
      published: async () => VERSION as object as EntryVersion,
      unusable: (_entry, id) => t.fail(`${id} was sent without the accepted values`),
    },
  );
  const refused: string[] = [];
  const publish = (transactions: string[][], atomic = true): Promise<void> =>
    publishGroup(
      transactions.flatMap((ids) => encodeBatch({ events: ids.map(event), atomic, confirm: () => undefined }).parts),
      {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        token: 'secret',
        signal: new AbortController().signal,
        acceptedValues,
        waitOut: async (error) => void t.ok(lost.length > 0, error.message),
        answered: () => undefined,
        refused: (id) => refused.push(id),
      },
    );
  return {
    requests,
    refused,
    publish,
    modes: () => requests.map(({ atomic, events }) => `${atomic ? 'whole' : 'singly'} ${events.join(' ')}`),
  };
}

const previousDistrict = ({ previous }: SourceEvent): unknown => previous?.district;

/** An event whose id gives position and record: `2c` is position 2 of record c. */
const event = (id: string): SourceEvent => ({
  sourceposition: /\d+/.exec(id)?.[0] ?? '0',
  specversion: '1.0',
  id,
  type: ENTRY,
  op: 'update',
  subject: id.at(-1)!,
  data: { id: id.at(-1)! },
  previous: { district: id },
});

t.test('a group without refusals is one atomic request', async (t) => {
  const { publish, modes } = await scriptedBus(t);
  await publish([['1a', '1b'], ['2c']], false);
  t.same(modes(), ['whole 1a 1b 2c']);
});

t.test('a transaction with a refused event is sent event by event, those around it stay atomic', async (t) => {
  const { publish, modes, refused } = await scriptedBus(t);
  await publish([
    ['1a', '1b'],
    ['2c', '2d'],
    ['3e', 'bad-f'],
    ['4g', '4h'],
  ]);
  t.same(modes(), ['whole 1a 1b 2c 2d 3e bad-f 4g 4h', 'whole 1a 1b 2c 2d', 'singly 3e bad-f', 'whole 4g 4h']);
  t.same(refused, ['bad-f']);
});

t.test('refused events share a request with changes of other records', async (t) => {
  const { publish, modes, refused } = await scriptedBus(t);
  await publish([['1a', 'bad-b', '2c', 'bad-d', '3a']], false);
  t.same(modes(), ['whole 1a bad-b 2c bad-d 3a', 'singly 1a bad-b 2c bad-d 3a']);
  t.same(refused, ['bad-b', 'bad-d']);
});

t.test('no request has both a refused and another change of one record', async (t) => {
  const { publish, modes } = await scriptedBus(t);
  await publish([['1a', 'bad-a', '2a', '3b']], false);
  t.same(modes(), ['whole 1a bad-a 2a 3b', 'singly 1a', 'whole bad-a 2a 3b', 'singly bad-a', 'whole 2a 3b']);
});

t.test('a change behind a refused change of its record is validated anew', async (t) => {
  const { publish, modes, refused, requests } = await scriptedBus(t);
  await publish([['bad1-a', 'bad2-a', '3a']], false);
  t.same(modes(), [
    'whole bad1-a bad2-a 3a',
    'singly bad1-a',
    'whole bad2-a 3a',
    'whole bad2-a 3a',
    'singly bad2-a',
    'whole 3a',
  ]);
  t.same(refused, ['bad1-a', 'bad2-a']);
  t.same(requests.at(-1)?.previous, ['bad1-a']);
});

t.test('the accepted values are saved before the refused change is quarantined', async (t) => {
  const { publish, requests } = await scriptedBus(t);
  await publish([['1a', 'bad-b']], false);
  t.same(
    requests.map(({ atomic, isSaved }) => [atomic, isSaved]),
    [
      [true, false],
      [false, true],
    ],
  );
});

t.test(
  'an event larger than any request is quarantined without its data, and those around it are stored',
  async (t) => {
    const { publish, requests, refused } = await scriptedBus(t);
    await publish([['1a', '1b', 'huge-c', '1d']], false);
    t.same(refused, ['huge-c']);
    const stored = requests.filter(({ events }) => !events.includes('huge-c')).flatMap(({ events }) => events);
    t.same(stored, ['1a', '1b', '1d']);
  },
);

t.test('a batch that is too large for the store is split in halves', async (t) => {
  const { publish, modes, refused } = await scriptedBus(t, { atomicMax: 2 });
  await publish([['1a', '1b', '1c', '1d', '1e']]);
  t.same(modes(), ['whole 1a 1b 1c 1d 1e', 'whole 1a 1b 1c', 'whole 1a 1b', 'whole 1c', 'whole 1d 1e']);
  t.same(refused, []);
});

t.test('a duplicate that would be refused today counts as stored', async (t) => {
  const { publish, requests } = await scriptedBus(t, { processed: new Set(['bad1-a']) });
  await publish([['bad1-a', '2a']], false);
  t.same(requests.at(-1)?.events, ['2a']);
  t.same(requests.at(-1)?.previous, ['2a']);
});

t.test('a duplicate before a refused change of its record counts as stored', async (t) => {
  const { publish, requests } = await scriptedBus(t, { processed: new Set(['bad1-a']) });
  await publish([['bad1-a', 'bad2-a', '3a']], false);
  t.same(requests.at(-1)?.previous, ['bad2-a']);
});

t.test('a duplicate at the refused position does not count as stored', async (t) => {
  const { publish, requests } = await scriptedBus(t);
  await publish([['bad1-a']], false);
  await publish([['bad1-a', '2a']], false);
  t.same(requests.at(-1)?.events, ['2a']);
  t.same(requests.at(-1)?.previous, ['bad1-a']);
});

t.test('a duplicate whose refusal was lost with its response does not count as stored', async (t) => {
  const { publish, requests } = await scriptedBus(t, { lost: [2] });
  await publish([['bad1-a', '2a']], false);
  t.same(
    requests.map(({ events }) => events.join(' ')),
    ['bad1-a 2a', 'bad1-a', 'bad1-a', '2a'],
  );
  t.same(requests.at(-1)?.previous, ['bad1-a']);
});
