import t, { type Test } from 'tap';
import type { Problem } from '../../../proto/errors.js';
import type { RecordData } from '../../../proto/event/event.js';
import { SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import { startBroker } from '../../support/broker/broker.js';
import { ENTRY, FOREIGN_ENTRY, REFUSAL_BUNDLE, SHOP_ITEMS, TOKENS } from '../../support/broker/refusal-bundle.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { call, publishLines } from '../../support/raw-client/raw-http.js';
import { RawRecord } from '../../support/raw-client/raw-record.js';

const MAX_EVENT_BYTES = 2048;
const SECRET = 'a value that nobody may read in an answer';

interface Event {
  [attribute: string]: unknown;
  data?: RecordData;
  previous?: RecordData;
}

const shop = (change: Event = {}): Event => ({
  specversion: '1.0',
  id: 'e',
  type: ENTRY,
  subject: 's1',
  op: 'create',
  data: { id: 's1', name: SECRET, district: 'd1', staff: 3 },
  ...change,
});
const withData = (change: RecordData): Event => shop({ data: { ...shop().data, ...change } });

interface Refusal {
  name: string;
  event: Event;
  status: number;
  code: string;
  item?: string;
}

const REFUSALS: Refusal[] = [
  { name: 'an unknown entry', event: shop({ type: 'county-registry.nothing' }), status: 422, code: 'UNKNOWN_ENTRY' },
  { name: "another party's entry", event: shop({ type: FOREIGN_ENTRY }), status: 403, code: 'FOREIGN_ENTRY' },
  { name: "another system's name", event: shop({ source: '/x/y' }), status: 403, code: 'FOREIGN_SOURCE' },
  { name: 'an unknown item', event: withData({ owner: SECRET }), status: 422, code: 'UNKNOWN_ITEM', item: 'owner' },
  { name: 'a wrong type', event: withData({ staff: SECRET }), status: 422, code: 'ITEM_INVALID', item: 'staff' },
  {
    name: 'a missing identifier',
    event: shop({ data: { name: SECRET } }),
    status: 422,
    code: 'MISSING_IDENTIFIER',
    item: 'id',
  },
  { name: 'a subject that differs', event: shop({ subject: 's2' }), status: 422, code: 'SUBJECT_MISMATCH' },
  { name: 'no previous values', event: shop({ op: 'update' }), status: 422, code: 'MISSING_PREVIOUS' },
  { name: 'an unknown op', event: shop({ op: 'upsert' }), status: 422, code: 'EVENT_INVALID' },
  { name: 'too many bytes', event: withData({ name: SECRET.repeat(100) }), status: 413, code: 'TOO_LARGE' },
];

const FIELDS = SHOP_ITEMS.map(({ name, type }, index) => ({ name, type, number: index + 1 }));

/** Records as the protobuf encoding has them; an item that the entry lacks takes a number that it lacks. */
function asProtobuf(event: Event): object {
  const owner = { name: 'owner', type: 'string', number: 9 } as const;
  const staff = {
    name: 'staff',
    type: typeof event.data?.staff === 'string' ? 'string' : 'integer',
    number: 4,
  } as const;
  const record = new RawRecord([...FIELDS.slice(0, 3), staff, owner]);
  const data = event.data && record.encode(event.data);
  return { ...event, ...(data && { data }) };
}

t.test('an invalid event is refused with the code of its flaw, in every way to publish', async (t) => {
  const broker = await startBroker(t, { config: { maxEventBytes: MAX_EVENT_BYTES } });
  await broker.apply(REFUSAL_BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  const check = (t: Test, { code, status, item }: Refusal, problem: Problem | undefined): void => {
    t.match(problem, { code, status });
    if (item !== undefined) t.equal(problem?.item, item);
    t.notMatch(JSON.stringify(problem), SECRET, 'and the answer has no value of it');
  };

  for (const refusal of REFUSALS) {
    t.test(`over HTTP: ${refusal.name}`, async (t) => {
      const body = JSON.stringify(refusal.event);
      const answer = await call(source, 'POST', '/v1/events', body, 'application/cloudevents+json');
      t.equal(answer.status, refusal.status);
      t.match(answer.headers.get('content-type'), /^application\/problem\+json/);
      check(t, refusal, answer.json as Problem);
    });
  }

  for (const encoding of SUBPROTOCOLS) {
    t.test(`over ${encoding}, and the session goes on`, async (t) => {
      const session = await RawSession.open({ ...source, encoding });
      t.teardown(() => session.close());
      const onWire = encoding === 'sluice.v1.protobuf' ? asProtobuf : (event: Event) => event;
      const results = await session.publish(REFUSALS.map((refusal) => onWire(refusal.event)));
      for (const [index, refusal] of REFUSALS.entries()) {
        // By number alone nobody can say what the item would be called.
        const named =
          encoding === 'sluice.v1.protobuf' && refusal.item === 'owner' ? { ...refusal, item: undefined } : refusal;
        t.test(refusal.name, async (t) => check(t, named as Refusal, results[index]?.problem));
      }
      const [good] = await session.publish([onWire(shop({ id: `good over ${encoding}` }))]);
      t.type(good?.position, 'number');
    });
  }

  t.test('a refused event waits in quarantine for its source, and for nobody else', async (t) => {
    const path = `/v1/quarantine?entry=${ENTRY}`;
    const kept = (await call(source, 'GET', path)).json as { events: { problem: Problem }[] };
    t.ok(kept.events.some(({ problem }) => problem.code === 'UNKNOWN_ITEM'));
    t.match(await call({ ...source, token: TOKENS.reader }, 'GET', path), { status: 403 });
    t.match(await call(source, 'GET', '/v1/quarantine?entry=*.*'), { status: 400 });
  });
});

t.test('an NDJSON line that is no event is refused alone: the lines around it are stored', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  const line = (id: string): string => JSON.stringify(shop({ id }));
  const results = await publishLines(source, [line('1'), '{"id":', '', '42', line('2'), line('1')]);
  t.match(results[0], { id: '1', position: 1 });
  t.match(results[1], { line: 2, problem: { code: 'BAD_JSON', line: 2 } });
  t.match(results[2], { line: 4, problem: { code: 'EVENT_INVALID' } });
  t.match(results[3], { id: '2', position: 2 });
  t.match(results[4], { id: '1', position: 1, duplicate: true });

  const body = Buffer.concat([
    Buffer.from(`${line('3')}\n"`),
    Buffer.from([0xc3, 0x28]),
    Buffer.from(`"\n${line('4')}`),
  ]);
  const problems = await call(source, 'POST', '/v1/events?results=problems', body, 'application/x-ndjson');
  const [refused, summary] = problems.text
    .trim()
    .split('\n')
    .map((text) => JSON.parse(text));
  t.match(refused, { line: 2, problem: { code: 'NOT_UTF8' } });
  t.same(summary, { accepted: 2, duplicates: 0, refused: 1 });
});

t.test('an element that is no event, in a frame or batch, is refused alone', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  const invalid = (detail: string) => ({ problem: { code: 'EVENT_INVALID', detail } });
  const expected = [
    { position: Number },
    invalid('event 2 of 4: an event must be an object'),
    invalid('event 3 of 4: an event must be an object'),
    invalid('event 4 of 4: id must have 1 to 128 printable characters, and no space at its beginning or end'),
  ];
  const events = (id: string): object[] => [shop({ id }), 7, [shop()], shop({ id: ' x' })] as object[];
  for (const encoding of ['sluice.v1.json', 'sluice.v1.msgpack'] as const) {
    const session = await RawSession.open({ ...source, encoding });
    t.teardown(() => session.close());
    t.match(await session.publish(events(encoding)), expected);
    t.match(await session.publish(events(encoding)), [{ duplicate: true }], 'the session goes on');
  }
  const batch = JSON.stringify(events('http'));
  t.match((await call(source, 'POST', '/v1/events', batch, 'application/cloudevents-batch+json')).json, expected);
});

t.test('an atomic batch is stored as a whole or not at all', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  const publish = async (events: unknown[]) =>
    call(source, 'POST', '/v1/events?atomic=true', JSON.stringify(events), 'application/cloudevents-batch+json');
  const refused = await publish([shop({ id: 'a' }), shop({ id: 'b', subject: 'other' })]);
  t.match(refused.json, [{ problem: { code: 'BATCH_REFUSED' } }, { problem: { code: 'SUBJECT_MISMATCH' } }]);
  t.match((await publish([shop({ id: 'a' }), shop({ id: 'b' })])).json, [{ position: 1 }, { position: 2 }]);
  t.match(await publish(Array.from({ length: 1001 }, () => shop())), {
    status: 413,
    json: { code: 'TOO_LARGE', detail: 'an atomic batch has at most 1000 events' },
  });
  t.match(await publish([shop(), 7]), { status: 422, json: { code: 'BATCH_REFUSED', line: 2 } });
});
