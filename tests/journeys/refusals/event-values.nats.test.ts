import t from 'tap';
import type { Problem } from '../../../proto/errors.js';
import { startBroker } from '../../support/broker/broker.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { call, publishLines } from '../../support/raw-client/raw-http.js';

const ENTRY = 'north.permit';
const TOKENS = { source: 'token-of-the-north-office-01', reader: 'token-of-the-south-office-01' };
const item = (name: string, type: string, more: object = {}) => ({ name, type, ...more });
const grant = { system: 'south-sys', entry: ENTRY, purpose: 'test', basis: 'test', history: 'all' };
const period = { from: '2020-01-01', to: '2099-12-31' };
const items = ['id', 'at', 'amount', 'rate', 'form'].map((name) => ({ name }));

const BUNDLE = {
  parties: [
    { id: 'north', name: 'North office', level: 'city', regionCode: '990100' },
    { id: 'south', name: 'South office', level: 'city', regionCode: '990200' },
  ],
  systems: [
    { id: 'north-sys', party: 'north', may: ['publish'], token: TOKENS.source },
    { id: 'south-sys', party: 'south', may: ['subscribe'], token: TOKENS.reader },
  ],
  entries: [
    {
      ...{ id: ENTRY, name: 'permit', sharingAttribute: 'conditional' },
      items: [
        item('id', 'string', { identifier: true }),
        item('at', 'datetime', { filterable: true }),
        item('amount', 'decimal', { filterable: true }),
        item('rate', 'number'),
        item('form', 'object'),
      ],
    },
  ],
  grants: [
    { ...grant, id: 'g', items, period },
    { ...grant, id: 'g-late', items, period, rows: { at: { from: '2026-01-01T00:00:00.000500Z' } } },
  ],
};

/** The text of an event whose `data` is `{"id":…, <members>}`. */
const create = (id: string, members: string): string =>
  `{"specversion":"1.0","id":"e-${id}","type":"${ENTRY}","op":"create","data":{"id":"${id}",${members}}}`;

const REFUSED: [why: string, members: string, detail: RegExp][] = [
  ['an integer of an object beyond 2^53', '"form":{"serial":9007199254740993}', /form\.serial/],
  ['a fraction of an object', '"form":{"list":[1,0.1234567890123456789]}', /form\.list\[1\]/],
  ['a number that a double rounds', '"rate":1.00000000000000000001', /rate/],
  ['half a surrogate pair in an object', '"form":{"name":"\\ud83d"}', /form\.name/],
  ['half a surrogate pair in a key', '"form":{"a":{"\\udc00":1}}', /form\.a/],
  ['a date-time with a space', '"at":"2026-01-01 00:00:00Z"', /at/],
  ['a date-time with hours of zone only', '"at":"2026-01-01T00:00:00+08"', /at/],
];

t.test('values of events arrive as they were sent, or are refused with their path', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(BUNDLE);
  const source = { url: broker.url, token: TOKENS.source };
  const delivered = async (id: string, narrow?: object): Promise<string[]> => {
    const query = narrow ? `&narrow=${encodeURIComponent(JSON.stringify(narrow))}` : '';
    const answer = await call(
      { ...source, token: TOKENS.reader },
      'GET',
      `/v1/grants/${id}/events?from=earliest${query}`,
    );
    return answer.text.split('\n').filter((line) => line.includes('"data"'));
  };

  for (const [why, members, detail] of REFUSED) {
    t.test(`${why} is refused by every route`, async (t) => {
      const text = create('bad', members);
      const single = await call(source, 'POST', '/v1/events', text, 'application/cloudevents+json');
      const array = (await call(source, 'POST', '/v1/events', `[${text}]`)).json as { problem: Problem }[];
      const [line] = await publishLines(source, [text]);
      for (const problem of [single.json as Problem, array[0]?.problem, line?.problem]) {
        t.equal(problem?.code, 'ITEM_INVALID');
        t.match(problem?.detail, detail);
      }
    });
  }

  t.test('numbers, decimals and keys that every encoding carries are delivered as they were sent', async (t) => {
    const members = '"amount":12345678901234567.89,"rate":1.10,"form":{"__proto__":{"x":1},"big":1e16}';
    const [stored] = await publishLines(source, [create('good', members)]);
    t.type(stored?.position, 'number', String(stored?.problem?.detail));
    const [text] = await delivered('g');
    t.match(text, '"amount":"12345678901234567.89","rate":1.1,"form":{"__proto__":{"x":1},"big":10000000000000000}');
    t.equal((await delivered('g', { amount: { min: '12345678901234567.89' } })).length, 1);
    t.equal((await delivered('g', { amount: { min: '12345678901234567.90' } })).length, 0);
  });

  t.test('a key named __proto__ and a big integer that come as MessagePack are a key and refused', async (t) => {
    const session = await RawSession.open({ ...source, encoding: 'sluice.v1.msgpack' });
    t.teardown(() => session.close());
    const event = (id: string, data: string) => JSON.parse(create(id, data)) as Record<string, unknown>;
    const [key] = await session.publish([event('key', '"form":{"__proto__":{"x":1},"a":1}')]);
    t.type(key?.position, 'number', String(key?.problem?.detail));
    t.match((await delivered('g')).at(-1), '"form":{"__proto__":{"x":1},"a":1}');
    const big = { ...event('big', '"rate":1'), data: { id: 'big', form: { n: 2n ** 53n + 1n } } };
    t.match(await session.publish([big]), [{ problem: { code: 'ITEM_INVALID', detail: /form\.n/ } }]);
  });

  t.test('instants are filtered at full precision', async (t) => {
    const at = (fraction: string) => create(fraction, `"at":"2026-01-01T08:00:00.${fraction}+08:00"`);
    await publishLines(source, [at('000100'), at('000500'), at('0005000001')]);
    const ids = (await delivered('g-late')).map((line) => (JSON.parse(line) as { subject: string }).subject);
    t.same(ids, ['000500', '0005000001']);
  });

  t.test('a key has one limit, counted in characters, in data and in subject', async (t) => {
    const key = (characters: number) => '字😀'.repeat(characters / 2);
    const remove = (id: string) =>
      `{"specversion":"1.0","id":"d","type":"${ENTRY}","op":"delete","subject":"${id}","previous":{}}`;
    const results = await publishLines(source, [
      create('x', '"rate":1').replace('"data":{"id":"x"', `"data":{"id":"${key(1024)}"`),
      remove(key(1024)),
      create('y', '"rate":1').replace('"data":{"id":"y"', `"data":{"id":"${key(1026)}"`),
      remove(key(1026)),
    ]);
    t.same(
      results.map(({ problem }) => problem?.code),
      [undefined, undefined, 'ITEM_INVALID', 'EVENT_INVALID'],
    );
    t.match(results[2]?.problem, { item: 'id', detail: /1024 characters/ });
  });
});
