import t from 'tap';
import type { ItemType } from '../../../proto/entry/entry.js';
import type { RowPredicate } from '../../../proto/entry/rows.js';
import type { RecordData } from '../../../proto/event/event.js';
import { ExactNumber } from '../../../proto/values/exact-number.js';
import { RowFilter } from './row-filter.js';

function matches(type: ItemType, predicate: RowPredicate, value: RecordData[string] | undefined): boolean {
  const filter = new RowFilter([{ item: predicate }], (name) => ({ name, number: 1, type, list: false }));
  return filter.matches(value === undefined ? {} : { item: value });
}

t.test('each predicate keyword matches the values it names and no others', async (t) => {
  t.ok(matches('code', { is: '72223' }, '72223'));
  t.notOk(matches('code', { is: '72223' }, '7222'));
  t.ok(matches('code', { in: ['AAI', 'REV'] }, 'REV'));
  t.notOk(matches('code', { in: ['AAI', 'REV'] }, 'AAC'));
  t.ok(matches('code', { notIn: ['AAI'] }, 'AAC'));
  t.notOk(matches('code', { notIn: ['AAI'] }, 'AAI'));
  t.ok(matches('string', { prefix: '3501' }, '350102'));
  t.notOk(matches('string', { prefix: '3501' }, '350202'));
  t.ok(matches('boolean', { is: true }, true));
  t.notOk(matches('boolean', { is: true }, false));
});

t.test('bounds of a predicate are inclusive, and all its keywords must hold', async (t) => {
  for (const [value, expected] of [
    [4, false],
    [5, true],
    [7, true],
    [9, true],
    [10, false],
  ] as const) {
    t.equal(matches('integer', { min: 5, max: 9 }, value), expected, String(value));
  }
  t.ok(matches('date', { from: '2020-01-01', to: '2020-12-31' }, '2020-12-31'));
  t.notOk(matches('date', { from: '2020-01-01', to: '2020-12-31' }, '2021-01-01'));
});

t.test('row filters compare decimals by value and not by spelling', async (t) => {
  t.ok(matches('decimal', { min: '9.5' }, '10'));
  t.ok(matches('decimal', { is: '1.50' }, '1.5'));
  t.ok(matches('decimal', { max: '-2' }, '-10.01'));
  t.notOk(matches('decimal', { in: ['0.1'] }, '0.10000000000000000001'));
});

t.test('a bare day as bound covers the whole day in the legal time zone', async (t) => {
  t.ok(matches('datetime', { from: '2026-11-22' }, '2026-11-21T16:00:00Z'));
  t.notOk(matches('datetime', { from: '2026-11-22' }, '2026-11-21T15:59:59Z'));
  t.ok(matches('datetime', { to: '2026-11-22' }, '2026-11-22T23:59:59.999+08:00'));
  t.notOk(matches('datetime', { to: '2026-11-22' }, '2026-11-23T00:00:00+08:00'));
});

t.test('row filters compare instants at full precision', async (t) => {
  t.notOk(matches('datetime', { from: '2026-01-01T00:00:00.000500Z' }, '2026-01-01T00:00:00.000100Z'));
  t.notOk(matches('datetime', { is: '2026-01-01T00:00:00.000500Z' }, '2026-01-01T00:00:00.000100Z'));
  t.ok(matches('datetime', { to: '2026-01-01T00:00:00.0005Z' }, '2026-01-01T08:00:00.000500+08:00'));
  t.ok(matches('datetime', { to: '2026-01-01' }, '2026-01-01T23:59:59.9999999+08:00'));
});

t.test('a bound on decimals keeps all digits, also as a number in exponent form', async (t) => {
  const long = new ExactNumber('9007199254740993') as unknown as number;
  t.notOk(matches('decimal', { min: long }, '9007199254740992'));
  t.ok(matches('decimal', { is: 1e21 }, '1000000000000000000000'));
  t.ok(matches('decimal', { max: 1e-7 }, '0.0000001'));
});

t.test('row filters treat a leap second like any other instant', async (t) => {
  t.ok(matches('datetime', { from: '2016-12-31T00:00:00Z' }, '2016-12-31T23:59:60Z'));
  t.ok(matches('datetime', { is: '2017-01-01T07:59:60+08:00' }, '2016-12-31T23:59:60Z'));
  t.notOk(matches('datetime', { to: '2016-12-31T23:59:59Z' }, '2016-12-31T23:59:60Z'));
});

t.test('a row filter never matches an absent or wrongly typed value', async (t) => {
  const predicates: [ItemType, RowPredicate][] = [
    ['code', { is: 'x' }],
    ['code', { in: ['x'] }],
    ['code', { notIn: ['x'] }],
    ['string', { prefix: '' }],
    ['integer', { min: 0 }],
    ['decimal', { max: '0' }],
    ['date', { from: '0000-01-01' }],
    ['datetime', { to: '9999-12-31' }],
  ];
  for (const [type, predicate] of predicates) t.notOk(matches(type, predicate, undefined), JSON.stringify(predicate));
  t.notOk(matches('integer', { min: 0 }, '5'));
  t.notOk(matches('string', { prefix: '5' }, 5));
});

t.test('a row filter without predicates matches everything, also an absent record', async (t) => {
  const filter = new RowFilter([{}, {}], (name) => {
    throw new Error(`${name} was asked for`);
  });
  t.ok(filter.matches(undefined));
  t.ok(filter.isEmpty);
});

t.test('the rows of the grant and the narrowing must both hold', async (t) => {
  const filter = new RowFilter([{ a: { is: 1 } }, { b: { prefix: 'x' } }], (name) => ({
    name,
    number: 1,
    type: name === 'a' ? 'integer' : 'string',
    list: false,
  }));
  t.ok(filter.matches({ a: 1, b: 'xy' }));
  t.notOk(filter.matches({ a: 1, b: 'y' }));
  t.notOk(filter.matches({ a: 2, b: 'xy' }));
});

t.test('a list of instants costs an event one look-up, however long it is', async (t) => {
  const spelled = (i: number) => new Date(Date.UTC(2026, 0, 1) + i * 1000).toISOString();
  const notIn = Array.from({ length: 10_000 }, (_, i) => spelled(i));
  const filter = new RowFilter([{ item: { notIn } }], (name) => ({ name, number: 1, type: 'datetime', list: false }));
  const { has } = Set.prototype;
  let lookUps = 0;
  Set.prototype.has = function (value) {
    lookUps++;
    return has.call(this, value);
  };
  t.teardown(() => {
    Set.prototype.has = has;
  });
  let matching = 0;
  for (let i = 9_900; i < 10_100; i++) if (filter.matches({ item: spelled(i) })) matching++;
  t.equal(matching, 100);
  t.equal(lookUps, 200);
});
