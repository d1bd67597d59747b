import t from 'tap';
import type { EntryVersion, Item } from '../../../proto/entry/entry.js';
import { decodeEnvelope } from '../../../proto/event/envelope.js';
import { Writer } from '../../../proto/event/protobuf.js';
import type { SourceEventInput } from '../../../proto/frames/frames.js';
import { parseExactJson } from '../../../proto/values/exact-json.js';
import { BIRTHS, birth, ENTRIES, REGISTRY, SAMPLES, TOWNS } from '../../../tests/support/broker/intake.js';
import { EntryCompiler } from '../../catalog/compiled-entry.js';
import { itemHistory } from '../../catalog/item-history.js';
import type { SystemCaller } from '../../parties/caller.js';
import type { RawEvent } from './event-shape.js';
import { validateEvent } from './validate-event.js';

const SECRET = '350102202611220014';
const deps = { entries: ENTRIES, maxEventBytes: 4096 };
const judge = (event: SourceEventInput, caller: SystemCaller = REGISTRY) =>
  validateEvent(deps, caller, event as unknown as RawEvent, 1_700_000_000_000);
const town = (over: Record<string, unknown>) =>
  birth('p', { type: TOWNS, subject: '7', data: { number: 7, region: '3501' }, ...over });
/** An event of BIRTHS whose data was sent as this JSON, beside the identifier. */
const births = (json: string): SourceEventInput =>
  birth('a', { data: parseExactJson(json.replace('{', '{"idNumber":"key-a",').replace(',}', '}')) });
/** The same of SAMPLES. */
const sample = (json: string, over: Record<string, unknown> = {}): SourceEventInput => {
  const data = parseExactJson(json.replace('{', '{"id":"s",').replace(',}', '}'));
  return birth('s', { type: SAMPLES, subject: 's', data, ...over });
};
const longKey = (characters: number, over: Record<string, unknown> = {}): SourceEventInput =>
  birth('k', { type: SAMPLES, subject: undefined, data: { id: '😀'.repeat(characters) }, ...over });
const utf8 = (text: string) => new TextEncoder().encode(text);

const REFUSED: [why: string, event: SourceEventInput, code: string, item?: string][] = [
  ['unknown entry', birth('a', { type: 'civil.nothing' }), 'UNKNOWN_ENTRY'],
  ['type is no string', birth('a', { type: 7 }), 'EVENT_INVALID'],
  ['entry of another party', birth('a', { type: 'other.thing' }), 'FOREIGN_ENTRY'],
  ['source of another system', birth('a', { source: '/civil/marriages' }), 'FOREIGN_SOURCE'],
  ['no specversion', birth('a', { specversion: undefined }), 'EVENT_INVALID'],
  ['no id', birth('a', { id: undefined }), 'EVENT_INVALID'],
  ['empty id', birth(''), 'EVENT_INVALID'],
  ['long id', birth('x'.repeat(129)), 'EVENT_INVALID'],
  ['control character in the id', birth('a\u0007'), 'EVENT_INVALID'],
  ['id that NATS would trim', birth(' a'), 'EVENT_INVALID'],
  ['unknown op', birth('a', { op: 'upsert' }), 'EVENT_INVALID'],
  ['unknown attribute', birth('a', { tracing: 'x' }), 'EVENT_INVALID'],
  ['time without zone', birth('a', { time: '2026-11-22T08:30:00' }), 'EVENT_INVALID'],
  ['time that does not exist', birth('a', { time: '2026-13-22T08:30:00Z' }), 'EVENT_INVALID'],
  ['day that does not exist', birth('a', { time: '2026-02-30T08:30:00Z' }), 'EVENT_INVALID'],
  ['create without data', birth('a', { data: undefined }), 'EVENT_INVALID'],
  ['data null', birth('a', { data: null }), 'EVENT_INVALID'],
  ['data a list', birth('a', { data: [1] }), 'EVENT_INVALID'],
  ['data on delete', birth('a', { op: 'delete' }), 'EVENT_INVALID'],
  ['delete without subject', birth('a', { op: 'delete', subject: undefined, data: undefined }), 'MISSING_IDENTIFIER'],
  [
    'delete of an impossible key',
    birth('a', { op: 'delete', data: undefined, subject: 'x'.repeat(19) }),
    'ITEM_INVALID',
    'idNumber',
  ],
  [
    'delete of an integer key that is text',
    town({ op: 'delete', data: undefined, subject: 'seven', previous: {} }),
    'ITEM_INVALID',
    'number',
  ],
  [
    'delete of an integer key in another form',
    town({ op: 'delete', data: undefined, subject: '07', previous: {} }),
    'ITEM_INVALID',
    'number',
  ],
  ['missing identifier', birth('a', { data: { name: 'x' } }), 'MISSING_IDENTIFIER', 'idNumber'],
  ['identifier null', birth('a', { data: { idNumber: null } }), 'MISSING_IDENTIFIER', 'idNumber'],
  ['other subject', birth('a', { subject: 'b', data: { idNumber: SECRET } }), 'SUBJECT_MISMATCH', 'idNumber'],
  ['unknown item', birth('a', { data: { idNumber: 'key-a', hobby: SECRET } }), 'UNKNOWN_ITEM', 'hobby'],
  ['item of a wrong type', birth('a', { data: { idNumber: 'key-a', weight: SECRET } }), 'ITEM_INVALID', 'weight'],
  ['item too long', birth('a', { data: { idNumber: `${SECRET}5` } }), 'ITEM_INVALID', 'idNumber'],
  ['integer beyond 2^53 − 1', birth('a', { data: { idNumber: 'key-a', weight: 2 ** 53 } }), 'ITEM_INVALID', 'weight'],
  [
    'delete of half a surrogate pair',
    birth('a', { op: 'delete', data: undefined, subject: '\ud800' }),
    'EVENT_INVALID',
  ],
  [
    'string with half a surrogate pair',
    birth('a', { data: { idNumber: 'key-a', name: '\ud800' } }),
    'ITEM_INVALID',
    'name',
  ],
  [
    'list with half a surrogate pair',
    birth('a', { data: { idNumber: 'key-a', remarks: ['x', '\udc00'] } }),
    'ITEM_INVALID',
    'remarks',
  ],
  ['big integer in an object', birth('a', { data: { idNumber: 'key-a', extra: { n: 1n } } }), 'ITEM_INVALID', 'extra'],
  ['integer with digits that a double loses', births('{"weight":9007199254740993}'), 'ITEM_INVALID', 'weight'],
  ['number with digits that a double loses', sample('{"rate":0.1234567890123456789}'), 'ITEM_INVALID', 'rate'],
  ['number in a list with digits that a double loses', sample('{"rates":[1,1e400]}'), 'ITEM_INVALID', 'rates'],
  ['string item given as a long number', births('{"name":350102202611220014}'), 'ITEM_INVALID', 'name'],
  ['decimal in exponent form as a string', sample('{"amount":"1E-7"}'), 'ITEM_INVALID', 'amount'],
  ['decimal given as a boolean', sample('{"amount":true}'), 'ITEM_INVALID', 'amount'],
  ['date-time with a space', sample('{"at":"2026-01-01 00:00:00Z"}'), 'ITEM_INVALID', 'at'],
  ['date-time with a line break', sample('{"at":"2026-01-01\\n00:00:00Z"}'), 'ITEM_INVALID', 'at'],
  ['date-time with hours of zone only', sample('{"at":"2026-01-01T00:00:00+08"}'), 'ITEM_INVALID', 'at'],
  ['date-time with a zone without colon', sample('{"at":"2026-01-01T00:00:00+0800"}'), 'ITEM_INVALID', 'at'],
  [
    'date-time of another form in previous',
    sample('{}', { op: 'update', previous: { at: '2026-01-01 00:00:00Z' } }),
    'ITEM_INVALID',
    'at',
  ],
  ['date-time of another form in a list', sample('{"days":["2026-01-01","2026-01-01 "]}'), 'ITEM_INVALID', 'days'],
  ['identifier with more characters than a subject may have', longKey(1025), 'ITEM_INVALID', 'id'],
  [
    'subject with too many characters',
    longKey(1025, { op: 'delete', data: undefined, subject: '😀'.repeat(1025), previous: {} }),
    'EVENT_INVALID',
  ],
  ['unknown item named __proto__', births('{"__proto__":{"x":1}}'), 'UNKNOWN_ITEM', '__proto__'],
  ['update without previous', town({ op: 'update' }), 'MISSING_PREVIOUS'],
  ['delete without previous', town({ op: 'delete', data: undefined }), 'MISSING_PREVIOUS'],
  ['correction without previous', town({ op: 'correction', corrects: 3 }), 'MISSING_PREVIOUS'],
  ['previous on create', town({ previous: { region: '3501' } }), 'EVENT_INVALID'],
  ['unknown item in previous', town({ op: 'update', previous: { hobby: SECRET } }), 'UNKNOWN_ITEM', 'hobby'],
  ['wrong type in previous', town({ op: 'update', previous: { region: 350102202611 } }), 'ITEM_INVALID', 'region'],
  ['previous is a list', town({ op: 'update', previous: ['x'] }), 'EVENT_INVALID'],
  ['correction of nothing', birth('a', { op: 'correction' }), 'EVENT_INVALID'],
  ['correction of position zero', birth('a', { op: 'correction', corrects: 0 }), 'EVENT_INVALID'],
  ['corrects on create', birth('a', { corrects: 3 }), 'EVENT_INVALID'],
  ['snapshot without id', birth('a', { op: 'snapshot' }), 'EVENT_INVALID'],
  ['snapshot id on create', birth('a', { snapshotid: 's' }), 'EVENT_INVALID'],
  [
    'snapshot_begin with data',
    birth('a', { op: 'snapshot_begin', snapshotid: 's', subject: undefined }),
    'EVENT_INVALID',
  ],
  ['snapshot_end with subject', birth('a', { op: 'snapshot_end', snapshotid: 's', data: undefined }), 'EVENT_INVALID'],
  ['source position that is no dotted decimal', birth('a', { sourceposition: '0/16B3748' }), 'EVENT_INVALID'],
  ['source epoch without source position', birth('a', { sourceepoch: 'slot-1' }), 'EVENT_INVALID'],
  ['epoch not printable', birth('a', { sourceposition: '1', sourceepoch: '\n' }), 'EVENT_INVALID'],
  ['too large', birth('a', { data: { idNumber: 'key-a', name: 'x'.repeat(5000) } }), 'TOO_LARGE'],
  ['bytes with an unknown field', birth('a', { data: new Uint8Array([0x9a, 0x06, 1, 65]) }), 'UNKNOWN_ITEM'],
  ['bytes with a wrong wire type', birth('a', { data: new Uint8Array([0x08, 1]) }), 'ITEM_INVALID', 'idNumber'],
  ['bytes that are not UTF-8', birth('a', { data: new Uint8Array([0x0a, 2, 0xff, 0xfe]) }), 'ITEM_INVALID', 'idNumber'],
  [
    'bytes of an object that is not JSON',
    birth('a', { data: new Uint8Array([0x2a, 1, 0x7b]) }),
    'ITEM_INVALID',
    'extra',
  ],
  ['bytes that are no message', birth('a', { data: utf8('{"idNumber":"key-a"}') }), 'EVENT_INVALID'],
  ['bytes that are cut', birth('a', { data: new Uint8Array([0x0a, 50, 65]) }), 'EVENT_INVALID'],
];

for (const [why, event, code, item] of REFUSED) {
  t.test(`refused: ${why}`, async (t) => {
    const judged = judge(event);
    if (judged.accepted) return t.fail('it was accepted');
    t.equal(judged.problem.code, code, judged.problem.detail);
    if (item !== undefined) t.equal(judged.problem.item, item);
    t.notMatch(JSON.stringify(judged.problem), new RegExp(SECRET), 'no value in the problem');
    return undefined;
  });
}

t.test('a system that may not publish is refused before its event is looked at', async (t) => {
  const judged = judge(birth('a'), { ...REGISTRY, may: [] });
  t.match(judged, { accepted: false, entry: undefined, problem: { code: 'NOT_ALLOWED' } });
});

t.test('every finding of an event is named in its problem', async (t) => {
  const judged = judge(birth('a', { specversion: '0.3', op: 'upsert', time: 'now' }));
  t.match(judged, { problem: { code: 'EVENT_INVALID', event: 'a', entry: BIRTHS } });
  t.equal(judged.accepted ? 0 : judged.problem.problems?.length, 3);
});

const ACCEPTED: [why: string, event: SourceEventInput, expected: Record<string, unknown>][] = [
  ['a create', birth('a'), { op: 'create', subject: 'key-a', sourceId: 'a', entryVersion: 1, keyId: 0 }],
  [
    'its own source',
    birth('a', { source: '/civil/registry', time: '2026-11-22T08:30:00+08:00' }),
    { sourceTime: '2026-11-22T08:30:00+08:00' },
  ],
  [
    'attributes that CloudEvents libraries add',
    birth('a', { datacontenttype: 'application/json', dataschema: 'x' }),
    {},
  ],
  ['an id in any script', birth('出生 1'), { sourceId: '出生 1' }],
  [
    'an event without subject, which is taken from the data',
    birth('a', { subject: undefined, data: { idNumber: 'k' } }),
    { subject: 'k' },
  ],
  ['a delete', birth('a', { op: 'delete', data: undefined }), { op: 'delete', data: undefined, subject: 'key-a' }],
  ['an integer key', town({}), { subject: '7' }],
  ['an update with previous', town({ op: 'update', previous: { region: '3502' } }), { op: 'update' }],
  [
    'previous values that were all absent',
    town({ op: 'update', previous: { region: null } }),
    { previous: Buffer.alloc(0) },
  ],
  ['a snapshot', birth('a', { op: 'snapshot', snapshotid: 's-1' }), { snapshotId: 's-1' }],
  [
    'the beginning of a snapshot',
    birth('a', { op: 'snapshot_begin', snapshotid: 's', subject: null, data: null }),
    { subject: undefined },
  ],
  ['a correction', birth('a', { op: 'correction', corrects: 12 }), { corrects: 12 }],
  [
    'a source position',
    birth('a', { sourceposition: '5.1', sourceepoch: 'slot' }),
    { sourcePosition: '5.1', sourceEpoch: 'slot' },
  ],
];

for (const [why, event, expected] of ACCEPTED) {
  t.test(`accepted: ${why}`, async (t) => {
    const judged = judge(event);
    if (!judged.accepted) return t.fail(judged.problem.detail);
    t.match(decodeEnvelope(judged.bytes), { acceptedAtMs: 1_700_000_000_000, ...expected });
    return undefined;
  });
}

t.test('null and an empty list in data are stored as absent', async (t) => {
  const judged = judge(birth('a', { data: { idNumber: 'key-a', name: null, remarks: [], weight: 0 } }));
  if (!judged.accepted) return t.fail(judged.problem.detail);
  const { data } = decodeEnvelope(judged.bytes);
  t.same(judged.entry.codec.decode(data!), { idNumber: 'key-a', weight: 0 });
  return undefined;
});

t.test('previous is stored with its filterable items only, also when the whole row was sent', async (t) => {
  const judged = judge(town({ op: 'update', previous: { number: 7, region: '3502', label: SECRET } }));
  if (!judged.accepted) return t.fail(judged.problem.detail);
  t.same(judged.entry.previousCodec.decode(decodeEnvelope(judged.bytes).previous!), { region: '3502' });
  t.notOk(Buffer.from(judged.bytes).includes(SECRET));
  return undefined;
});

t.test('previous is checked by type alone, against the items of every version of the entry', async (t) => {
  const version = (number: number, items: Item[]): EntryVersion => {
    const numbered = items.map((item) => ({
      ...item,
      number: ['id', 'ward', 'street', 'note'].indexOf(item.name) + 1,
    }));
    return { ...ENTRIES.compiled(BIRTHS)!.version, id: 'civil.ward', version: number, items: numbered };
  };
  const id: Item = { name: 'id', type: 'string', identifier: true };
  const ward: Item = { name: 'ward', type: 'integer', filterable: true, required: true, maximum: 25 };
  const street: Item = { name: 'street', type: 'string', filterable: true };
  const versions = [version(1, [id, ward, street, { name: 'note', type: 'string' }]), version(2, [id, ward])] as const;
  const entry = new EntryCompiler().compile(versions[1], () => itemHistory(versions));
  const judgeUpdate = (previous: unknown) => {
    const event = birth('u', { type: 'civil.ward', op: 'update', subject: 'a', data: { id: 'a', ward: 7 }, previous });
    return validateEvent({ ...deps, entries: { compiled: () => entry } }, REGISTRY, event as unknown as RawEvent, 1);
  };
  const before = { ward: 30, street: 'Oak', note: SECRET };
  const asBytes = new EntryCompiler().compile(versions[0]).codec.encode(before);
  for (const previous of [before, asBytes]) {
    const judged = judgeUpdate(previous);
    if (!judged.accepted) return t.fail(judged.problem.detail);
    const stored = decodeEnvelope(judged.bytes).previous!;
    t.same(entry.previousCodec.decode(stored), { ward: 30, street: 'Oak' });
  }
  for (const [previous, code, detail] of [
    [{ ward: 'x' }, 'ITEM_INVALID', /^previous: item ward /],
    [{ hobby: 1 }, 'UNKNOWN_ITEM', /^previous: the entry has no item "hobby"$/],
    [new Uint8Array([0x4a, 0]), 'UNKNOWN_ITEM', /^previous: /],
  ] as const) {
    t.match(judgeUpdate(previous), { accepted: false, problem: { code, detail } });
  }
  return undefined;
});

t.test('data that was sent as protobuf is stored in canonical form', async (t) => {
  const codec = ENTRIES.compiled(BIRTHS)!.codec;
  const data = { idNumber: 'key-a', name: '陈小明', weight: 3300, remarks: ['x', 'y'], extra: { a: [1] } };
  const asObject = judge(birth('a', { data }));
  const asBytes = judge(birth('a', { data: codec.encode(data) }));
  t.ok(asObject.accepted && asBytes.accepted);
  if (asObject.accepted && asBytes.accepted) t.same(asBytes.bytes, asObject.bytes);
});

t.test('a flaw within an object item is named with its path, in JSON and in protobuf', async (t) => {
  const cases: [json: string, detail: string][] = [
    ['{"file":{"serial":9007199254740993}}', 'item extra.file.serial is a number with more digits'],
    ['{"rates":[1,0.1234567890123456789]}', 'item extra.rates[1] is a number with more digits'],
    ['{"contact":{"name":"\\ud83d"}}', 'item extra.contact.name is not well-formed Unicode'],
    ['{"a":{"\\udc00":1}}', 'item extra.a has a key that is not well-formed Unicode'],
  ];
  for (const [json, detail] of cases) {
    const wire = Writer.create().uint32(10).string('key-a').uint32(42).string(json).finish();
    for (const data of [{ idNumber: 'key-a', extra: parseExactJson(json) }, wire]) {
      const judged = judge(birth('a', { data }));
      t.match(judged, { accepted: false, problem: { code: 'ITEM_INVALID', item: 'extra' } }, json);
      if (!judged.accepted) t.ok(judged.problem.detail.startsWith(detail), judged.problem.detail);
    }
  }
});

t.test('an element of a list that is not well-formed is named by its index', async (t) => {
  const judged = judge(birth('a', { data: { idNumber: 'key-a', remarks: ['x', '\ud83d'] } }));
  const detail = /^(?:item )?remarks\[1\] is not well-formed Unicode$/;
  t.match(judged, { accepted: false, problem: { code: 'ITEM_INVALID', item: 'remarks', detail } });
});

t.test('what every encoding can carry is stored as it was sent', async (t) => {
  const cases: [json: string, item: string, expected: unknown][] = [
    ['{"amount":12345678901234567.89}', 'amount', '12345678901234567.89'],
    ['{"amount":1e16}', 'amount', '10000000000000000'],
    ['{"amount":1E-7}', 'amount', '0.0000001'],
    ['{"amount":1.10}', 'amount', '1.1'],
    ['{"amounts":["2.50",9007199254740993]}', 'amounts', ['2.50', '9007199254740993']],
    ['{"rate":1.10}', 'rate', 1.1],
    ['{"rate":1e16}', 'rate', 1e16],
    ['{"at":"2026-01-01T00:00:00.000900123456+08:00"}', 'at', '2026-01-01T00:00:00.000900123456+08:00'],
  ];
  for (const [json, item, expected] of cases) {
    const judged = judge(sample(json));
    if (!judged.accepted) return t.fail(judged.problem.detail);
    t.strictSame(judged.entry.codec.decode(decodeEnvelope(judged.bytes).data!)[item], expected, json);
  }
  return undefined;
});

t.test('a record whose key has as many characters as allowed can be created and deleted', async (t) => {
  const over = { op: 'delete', data: undefined, subject: '😀'.repeat(1024), previous: {} };
  for (const event of [longKey(1024), longKey(0, over)]) {
    const judged = validateEvent({ ...deps, maxEventBytes: 10_000 }, REGISTRY, event as unknown as RawEvent, 1);
    t.ok(judged.accepted);
  }
});

t.test('a key named __proto__ within an object is stored like any other', async (t) => {
  const judged = judge(births('{"extra":{"__proto__":{"x":1},"a":1}}'));
  if (!judged.accepted) return t.fail(judged.problem.detail);
  const { extra } = judged.entry.codec.decode(decodeEnvelope(judged.bytes).data!);
  t.equal(JSON.stringify(extra), '{"__proto__":{"x":1},"a":1}');
  return undefined;
});

t.test('an event with a hundred thousand flaws is refused without looking at all of them', async (t) => {
  const many = (name: (i: number) => string) =>
    Object.fromEntries(Array.from({ length: 10_000 }, (_n, i) => [name(i), 1]));
  const unknownFields = Buffer.alloc(250_000, Buffer.from([0x78, 1]));
  const floods: [why: string, event: SourceEventInput, code: string][] = [
    ['wrong elements', birth('a', { data: { idNumber: 'key-a', remarks: Array(120_000).fill(1) } }), 'ITEM_INVALID'],
    ['too many elements', birth('a', { data: { idNumber: 'key-a', remarks: Array(250_000).fill('') } }), 'TOO_LARGE'],
    ['unknown items', birth('a', { data: many((i) => `n${i}`) }), 'MISSING_IDENTIFIER'],
    ['unknown items in previous', town({ op: 'update', previous: many((i) => `n${i}`) }), 'UNKNOWN_ITEM'],
    [
      'unknown attributes',
      birth(
        'a',
        many((i) => `n${i}`),
      ),
      'EVENT_INVALID',
    ],
    ['unknown fields', birth('a', { data: unknownFields }), 'UNKNOWN_ITEM'],
  ];
  for (const [why, event, code] of floods) {
    // Processor time, since other tests run beside this one.
    const before = process.cpuUsage();
    const judged = validateEvent({ ...deps, maxEventBytes: 256 * 1024 }, REGISTRY, event as unknown as RawEvent, 1);
    const ms = process.cpuUsage(before).user / 1_000;
    t.match(judged, { accepted: false, problem: { code } }, why);
    t.ok(!judged.accepted && (judged.problem.problems?.length ?? 0) <= 20);
    // Some milliseconds on an idle machine; without bounds over a second.
    t.ok(ms < 700, `${why}: ${Math.round(ms)} ms`);
  }
});
