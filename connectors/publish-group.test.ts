import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import type { EntryVersion } from '../proto/entry.js';
import type { SourceEvent } from '../proto/event.js';
import { encodeBatch } from './encoded-batch.js';
import { EntryFormers } from './entry-formers.js';
import { FormerValues } from './former-values.js';
import { publishGroup } from './publish-group.js';

const ENTRY = 'party.people';

interface Asked {
  atomic: boolean;
  /** Ids of the events. */
  events: string[];
  /** Whether the file of former values had been written by then. */
  isSaved: boolean;
}

/** A bus that refuses the events whose id begins with `bad`, and atomic batches of more events than it can hold. */
async function scene(t: Test, { atomicMax = 1_000 } = {}) {
  const asked: Asked[] = [];
  let isSaved = false;
  const problem = (code: string) => ({ problem: { code, status: 422, detail: code } });
  const server = createServer(async (request, response) => {
    const atomic = request.url?.includes('atomic=true') ?? false;
    const events = JSON.parse(await text(request)) as SourceEvent[];
    asked.push({ atomic, events: events.map(({ id }) => id), isSaved });
    const isBad = ({ id }: SourceEvent): boolean => id.startsWith('bad');
    const isRefused = atomic && (events.some(isBad) || events.length > atomicMax);
    const results = events.map((event, index) => {
      if (isBad(event)) return { id: event.id, ...problem('ITEM_INVALID') };
      return isRefused ? { id: event.id, ...problem('BATCH_REFUSED') } : { id: event.id, position: index + 1 };
    });
    response.setHeader('content-type', 'application/json').end(JSON.stringify(results));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => server.close());
  const file = {
    read: () => undefined,
    write: async () => {
      isSaved = true;
    },
  };
  const version = {
    items: [
      { name: 'id', identifier: true },
      { name: 'district', filterable: true },
    ],
  };
  const formers = new EntryFormers(ENTRY, new FormerValues(file, () => undefined), {
    published: async () => version as object as EntryVersion,
    useless: (_entry, id) => t.fail(`${id} was sent as its source gave it`),
  });
  const refused: string[] = [];
  const publish = (transactions: string[][], together = true): Promise<void> =>
    publishGroup(
      transactions.flatMap((ids) => encodeBatch({ events: ids.map(event), together, confirm: () => undefined }).parts),
      {
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
        token: 'secret',
        signal: new AbortController().signal,
        formers,
        waitOut: async (error) => void t.fail(error.message),
        answered: () => undefined,
        refused: (id) => refused.push(id),
      },
    );
  return {
    asked,
    refused,
    publish,
    ways: () => asked.map(({ atomic, events }) => `${atomic ? 'whole' : 'singly'} ${events.join(' ')}`),
  };
}

/** The record is the last letter. */
const event = (id: string): SourceEvent => ({
  specversion: '1.0',
  id,
  type: ENTRY,
  op: 'update',
  subject: id.at(-1)!,
  data: { id: id.at(-1)! },
  previous: { district: id },
});

t.test('what nothing is wrong with is one request', async (t) => {
  const { publish, ways } = await scene(t);
  await publish([['1a', '1b'], ['2c']], false);
  t.same(ways(), ['whole 1a 1b 2c']);
});

t.test('transactions around a bad one stay whole, and that one goes event by event', async (t) => {
  const { publish, ways, refused } = await scene(t);
  await publish([
    ['1a', '1b'],
    ['2c', '2d'],
    ['3e', 'bad-f'],
    ['4g', '4h'],
  ]);
  t.same(ways(), ['whole 1a 1b 2c 2d 3e bad-f 4g 4h', 'whole 1a 1b 2c 2d', 'singly 3e bad-f', 'whole 4g 4h']);
  t.same(refused, ['bad-f']);
});

t.test('bad ones among changes of other records need no request of their own', async (t) => {
  const { publish, ways, refused } = await scene(t);
  await publish([['1a', 'bad-b', '2c', 'bad-d', 'bad2-b']], false);
  t.same(ways(), ['whole 1a bad-b 2c bad-d bad2-b', 'singly 1a bad-b 2c bad-d bad2-b']);
  t.same(refused, ['bad-b', 'bad-d', 'bad2-b']);
});

t.test('no record is in one request both refused and not', async (t) => {
  const { publish, ways } = await scene(t);
  await publish([['1a', 'bad-a', '2a', '3b']], false);
  t.same(ways(), ['whole 1a bad-a 2a 3b', 'singly 1a', 'whole bad-a 2a 3b', 'singly bad-a', 'whole 2a 3b']);
});

t.test('what the bus has is written down before the refused change goes to quarantine', async (t) => {
  const { publish, asked } = await scene(t);
  await publish([['1a', 'bad-b']], false);
  t.same(
    asked.map(({ atomic, isSaved }) => [atomic, isSaved]),
    [
      [true, false],
      [false, true],
    ],
  );
});

t.test('a batch that is too much for the store goes in halves', async (t) => {
  const { publish, ways, refused } = await scene(t, { atomicMax: 2 });
  await publish([['1a', '1b', '1c', '1d', '1e']]);
  t.same(ways(), ['whole 1a 1b 1c 1d 1e', 'whole 1a 1b 1c', 'whole 1a 1b', 'whole 1c', 'whole 1d 1e']);
  t.same(refused, []);
});
