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
      id: ENTRY,
      name: 'permit',
      sharingAttribute: 'conditional',
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

  t.test('a key that an object has twice is refused by every route, with its path', async (t) => {
    const text = create('twice', '"form":{"a":1,"\\u0061":2}');
    const single = await call(source, 'POST', '/v1/events', text, 'application/cloudevents+json');
    const array = await call(source, 'POST', '/v1/events', `[${text}]`);
    const [line] = await publishLines(source, [text]);
    const found = [single.json, array.json, line?.problem] as Problem[];
    t.same(
      found.map(({ code, detail }) => `${code}: ${detail}`),
      [
        'BAD_JSON: the key data.form.a is there twice',
        'BAD_JSON: the key [0].data.form.a is there twice',
        'BAD_JSON: the key data.form.a is there twice',
      ],
    );
    const narrow = encodeURIComponent('{"amount":{"min":"1","min":"2"}}');
    const page = await call({ ...source, token: TOKENS.reader }, 'GET', `/v1/grants/g/events?narrow=${narrow}`);
    t.match(page.json, { code: 'BAD_REQUEST', detail: 'narrow: the key amount.min is there twice' });
    const bundle = await call(
      { url: broker.url, token: broker.operatorToken },
      'POST',
      '/v1/bundles',
      '{"grants":[{"id":"g","id":"h"}]}',
    );
    t.match(bundle.json, { code: 'BAD_JSON', detail: 'the key grants[0].id is there twice' });
  });

  t.test('a key that a map has twice ends a session of any encoding, or its event is refused', async (t) => {
    const json = `{"kind":"publish","ref":"1","events":[${create('twice', '"rate":1,"rate":2')}]}`;
    // {"kind": 1, "kind": 2}
    const msgpack = Uint8Array.from([0x82, ...[1, 2].flatMap((value) => [0xa4, 0x6b, 0x69, 0x6e, 0x64, value])]);
    for (const [encoding, message, path] of [
      ['sluice.v1.json', json, /events\[0\]\.data\.rate is there twice/],
      ['sluice.v1.msgpack', msgpack, /the key kind is there twice/],
    ] as const) {
      const session = await RawSession.open({ ...source, encoding });
      session.sendBytes(message);
      await session.until(() => session.closed !== undefined, 'the session to end');
      t.equal(session.closed?.code, 4400);
      t.match(session.frames, [{ kind: 'error', code: 'BAD_FRAME', message: path }]);
    }
    const session = await RawSession.open({ ...source, encoding: 'sluice.v1.protobuf' });
    t.teardown(() => session.close());
    // Item 1, the identifier, as "a" and as "b"; then an object with a key twice.
    const twice = Uint8Array.from([10, 1, 97, 10, 1, 98]);
    const form = Buffer.from('{"k":1,"k":2}');
    const inside = Uint8Array.from([10, 1, 97, 42, form.length, ...form]);
    const event = (data: Uint8Array) => ({ ...(JSON.parse(create('x', '"rate":1')) as object), data });
    t.match(await session.publish([event(twice), event(inside)]), [
      { problem: { code: 'ITEM_INVALID', detail: 'item id is there twice' } },
      { problem: { code: 'ITEM_INVALID', detail: 'item form: the key k is there twice' } },
    ]);
  });

  t.test('previous values in a header keep their digits', async (t) => {
    await publishLines(source, [create('header', '"amount":12345678901234567.89')]);
    const answer = await fetch(`${broker.url}/v1/events`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${TOKENS.source}`,
        'content-type': 'application/json',
        'ce-specversion': '1.0',
        'ce-id': 'header-2',
        'ce-type': ENTRY,
        'ce-op': 'update',
        'ce-previous': '{"amount":12345678901234567.89}',
      },
      body: '{"id":"header","amount":"1"}',
    });
    t.equal(answer.status, 201, await answer.text());
    const narrow = encodeURIComponent('{"amount":{"is":12345678901234567.89}}');
    const { text } = await call(
      { ...source, token: TOKENS.reader },
      'GET',
      `/v1/grants/g/events?from=earliest&narrow=${narrow}`,
    );
    t.match(text, /"op":"leave","subject":"header"/);
  });

  t.test(
    'a code of a YAML bundle is the text that was written, and a number keeps its digits or is refused',
    async (t) => {
      const operator = { url: broker.url, token: broker.operatorToken };
      const apply = (yaml: string) => call(operator, 'POST', '/v1/bundles', yaml, 'application/yaml');
      const entry = `entries:
  - id: north.coded
    name: coded
    sharingAttribute: conditional
    items:
      - {name: id, type: string, identifier: true}
      - {name: sex, type: code, codeTable: {01: male, 02: female}}
`;
      t.equal((await apply(entry)).status, 200);
      const of = (code: string) =>
        `{"specversion":"1.0","id":"c${code}","type":"north.coded","op":"create","data":{"id":"1","sex":"${code}"}}`;
      const results = await publishLines(source, [of('01'), of('1')]);
      t.same(
        results.map(({ problem }) => problem?.code),
        [undefined, 'ITEM_INVALID'],
      );
      const refused: [yaml: string, detail: RegExp][] = [
        [
          'grants: [{id: g, rows: {amount: {min: 12345678901234567.89}}}]',
          /^\/grants\/0\/rows\/amount\/min has more digits/,
        ],
        [
          'grants: [{id: g, rows: {amount: {min: 0x20000000000001}}}]',
          /^\/grants\/0\/rows\/amount\/min has more digits/,
        ],
        ['grants: [{id: g, rows: {amount: {max: .inf}}}]', /^grants\[0\]\.rows\.amount\.max is no text/],
        ['grants: [{id: g, period: {from: !!timestamp 2026-01-01}}]', /^grants\[0\]\.period\.from is no text/],
      ];
      for (const [yaml, detail] of refused) {
        const { status, json } = await apply(yaml);
        t.equal(status, 400, yaml);
        t.match((json as Problem).detail, detail);
      }
    },
  );
});
