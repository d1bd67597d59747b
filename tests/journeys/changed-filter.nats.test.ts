import t from 'tap';
import { startBroker, type TestBroker } from '../support/broker/broker.js';
import { RawSession } from '../support/raw-client/raw-client.js';
import { call, mustCall, publishBatch } from '../support/raw-client/raw-http.js';

const ENTRY = 'north.permit';
const SOURCE = 'token-of-the-north-office-01';
const READER = 'token-of-the-south-office-01';

interface Given {
  filterable: boolean;
  rows?: object;
  isGranted?: boolean;
}

const bundle = ({ filterable, rows, isGranted = true }: Given): object => ({
  parties: ['north', 'south'].map((id) => ({ id, name: id, level: 'city', regionCode: '990100' })),
  systems: [
    { id: 'north-sys', party: 'north', may: ['publish'], token: SOURCE },
    { id: 'south-sys', party: 'south', may: ['subscribe'], token: READER },
  ],
  entries: [
    {
      id: ENTRY,
      name: 'permit',
      sharingAttribute: 'conditional',
      items: [
        { name: 'id', type: 'string', identifier: true },
        { name: 'zone', type: 'string', ...(filterable && { filterable }) },
      ],
    },
  ],
  grants: isGranted
    ? [
        {
          id: 'g',
          system: 'south-sys',
          entry: ENTRY,
          items: [{ name: 'id' }, { name: 'zone' }],
          ...(rows && { rows }),
          purpose: 'test',
          basis: 'test',
          period: { from: '2020-01-01', to: '2099-12-31' },
          history: 'all',
        },
      ]
    : [],
});

let next = 0;
async function publish(bus: TestBroker, op: string, id: string, zone?: string, previous?: object): Promise<void> {
  const data = zone === undefined ? {} : { data: { id, zone } };
  const event = {
    specversion: '1.0',
    id: `e${++next}`,
    type: ENTRY,
    subject: id,
    op,
    ...data,
    ...(previous && { previous }),
  };
  const [result] = await publishBatch({ url: bus.url, token: SOURCE }, [event as never]);
  t.equal(result?.problem, undefined);
}

/** Reads a grant to its end and keeps a copy by the rules of docs/protocol.md. */
async function copyOf(bus: TestBroker, query: string): Promise<string[]> {
  const { text } = await mustCall({ url: bus.url, token: READER }, 'GET', `/v1/grants/g/events?${query}`);
  const copy = new Set<string>();
  for (const line of text.trim().split('\n')) {
    const { op, subject } = JSON.parse(line) as { op?: string; subject: string };
    if (op === 'leave' || op === 'delete') copy.delete(subject);
    else if (op) copy.add(subject);
  }
  return [...copy];
}

t.test('a filter on an item that became filterable keeps no record that left or ended before', async (t) => {
  const bus = await startBroker(t);
  await bus.apply(bundle({ filterable: false, isGranted: false }));
  await publish(bus, 'create', '1', 'A');
  await publish(bus, 'update', '1', 'B');
  await publish(bus, 'create', '2', 'A');
  await publish(bus, 'delete', '2');
  await bus.apply(bundle({ filterable: true, rows: { zone: { is: 'A' } } }));
  await publish(bus, 'create', '3', 'A');
  t.same(await copyOf(bus, 'from=earliest'), ['3']);
  t.same(await copyOf(bus, 'from=cursor'), ['3']);
  const before = await call({ url: bus.url, token: READER }, 'GET', '/v1/grants/g/events?from=0');
  t.match(before.json, { code: 'BEFORE_HISTORY', detail: /item zone is filterable since version 2/ });
  const session = await RawSession.open({ url: bus.url, token: READER, encoding: 'sluice.v1.json' });
  const subscription = await session.subscribe({ grant: 'g', from: 'earliest' });
  await subscription.until(() => subscription.isCaughtUp, 'the end of the log');
  t.same(
    subscription.events.map(({ subject }) => subject),
    ['3'],
  );
  await session.close();
});

t.test('a narrowing that loses its item ends with ENTRY_CHANGED and cannot be resumed over the gap', async (t) => {
  const bus = await startBroker(t);
  await bus.apply(bundle({ filterable: true }));
  await publish(bus, 'create', '1', 'A');
  const narrow = { zone: { is: 'A' } };
  const query = `narrow=${encodeURIComponent(JSON.stringify(narrow))}&cursor=narrowed`;
  const session = await RawSession.open({ url: bus.url, token: READER, encoding: 'sluice.v1.json' });
  const live = await session.subscribe({ grant: 'g', from: 'earliest', cursor: 'narrowed', narrow });
  await live.until(() => live.events.length === 1 && live.isCaughtUp, 'the record');
  const sse = await fetch(
    `${bus.url}/v1/grants/g/events?from=earliest&narrow=${encodeURIComponent(JSON.stringify(narrow))}`,
    {
      headers: { authorization: `Bearer ${READER}`, accept: 'text/event-stream' },
    },
  );
  const streamed = sse.text();
  live.ack(live.events[0]?.position ?? 0);
  await live.until(() => live.acked.length > 0, 'the acknowledgement');

  await bus.apply(bundle({ filterable: false }));
  await publish(bus, 'update', '1', 'B');
  await live.until(() => live.ended !== undefined, 'the subscription to end');
  t.equal(live.ended?.code, 'ENTRY_CHANGED');
  t.match(await streamed, /event: ended\n(?:retry.*\n)?data: .*ENTRY_CHANGED/);
  const refused = await call({ url: bus.url, token: READER }, 'GET', `/v1/grants/g/events?from=cursor&${query}`);
  t.match(refused.json, { code: 'UNKNOWN_PREDICATE', detail: /zone/ });

  await bus.apply(bundle({ filterable: true }));
  const resumed = await call({ url: bus.url, token: READER }, 'GET', `/v1/grants/g/events?from=cursor&${query}`);
  t.match(resumed.json, { code: 'BEFORE_HISTORY', detail: /item zone is filterable since version 3/ });
  t.same(await copyOf(bus, `from=earliest&${query}`), []);
  await session.close();
});
