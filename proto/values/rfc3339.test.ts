import fc from 'fast-check';
import t from 'tap';
import { compareInstants, instantMs, instantOf, isDay, isInstant } from './rfc3339.js';

const INSTANTS: [text: string, sameAs: string][] = [
  ['2026-11-22T08:30:00Z', '2026-11-22T08:30:00.000Z'],
  ['2026-11-22t08:30:00z', '2026-11-22T08:30:00.000Z'],
  ['2026-11-22T08:30:00.5+08:00', '2026-11-22T00:30:00.500Z'],
  ['2026-11-22T08:30:00.123456789-00:30', '2026-11-22T09:00:00.123Z'],
  ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59.000Z'],
  ['0001-01-01T00:00:00Z', '0001-01-01T00:00:00.000Z'],
  ['2016-12-31T23:59:60Z', '2017-01-01T00:00:00.000Z'],
  ['2017-01-01T07:59:60+08:00', '2017-01-01T00:00:00.000Z'],
  ['2015-06-30T23:59:60.75Z', '2015-07-01T00:00:00.000Z'],
  ['2034-12-31T15:29:60-08:30', '2035-01-01T00:00:00.000Z'],
];

const NO_INSTANTS = [
  '2020',
  '2026-11-24',
  '2026-11-24T08:30Z',
  '2026-11-24T08:30:00',
  '2026-11-24 08:30:00Z',
  '2026-11-24T08:30:00 08:00',
  '2026-02-30T08:30:00Z',
  '2026-02-29T08:30:00Z',
  '2026-13-01T08:30:00Z',
  '2026-00-10T08:30:00Z',
  '2026-11-24T24:00:00Z',
  '2026-11-24T08:60:00Z',
  '2026-11-24T08:30:60Z',
  '2016-12-31T23:59:60+08:00',
  '2016-12-31T23:59:61Z',
  '2026-11-24T23:59:60Z',
  '2016-03-31T23:59:60Z',
  '2016-06-30T23:59:60+08:00',
  '1971-12-31T23:59:60Z',
  '2026-11-24T08:30:00+24:00',
  '2026-11-24T08:30:00+0800',
  '2026-11-24T08:30:00.Z',
  'Tue, 24 Nov 2026 08:30:00 GMT',
  '+002026-11-24T08:30:00Z',
  '2026-11-24T08:30:00Z\n',
  '',
];

t.test('a date-time with a zone is converted to milliseconds', async (t) => {
  for (const [text, sameAs] of INSTANTS) t.equal(instantMs(text), Date.parse(sameAs), text);
});

t.test('a text that is not a date-time in every part is refused', async (t) => {
  for (const text of NO_INSTANTS) t.notOk(isInstant(text), text);
  for (const value of [undefined, null, 7, ['2026-11-22T08:30:00Z']]) t.notOk(isInstant(value));
});

t.test('any instant is read back from its date-time in any zone', async () => {
  const moment = fc.date({ min: new Date('0001-01-02'), max: new Date('9999-12-30'), noInvalidDate: true });
  fc.assert(
    fc.property(moment, fc.integer({ min: -1439, max: 1439 }), (date, offset) => {
      const local = new Date(date.getTime() + offset * 60_000).toISOString().slice(0, -1);
      const size = Math.abs(offset);
      const zone = [Math.floor(size / 60), size % 60].map((part) => String(part).padStart(2, '0')).join(':');
      return instantMs(`${local}${offset < 0 ? '-' : '+'}${zone}`) === date.getTime();
    }),
  );
});

t.test('a day that does not exist in the calendar is refused', async (t) => {
  for (const text of ['2026-11-22', '2024-02-29', '0099-01-01']) t.ok(isDay(text), text);
  for (const text of ['2026-02-29', '2026-04-31', '2026-11-22T00:00:00Z', '20261122', '2026-1-2', '']) {
    t.notOk(isDay(text), text);
  }
});

t.test('instants are compared at full precision, in any zone', async (t) => {
  const ascending = [
    '0000-01-01T00:00:00Z',
    '2016-12-31T23:59:59.9Z',
    '2016-12-31T23:59:60Z',
    '2017-01-01T07:59:60.5+08:00',
    '2017-01-01T00:00:00Z',
    '2026-01-01T00:00:00.0001Z',
    '2026-01-01T08:00:00.000500+08:00',
    '2026-01-01T00:00:00.00050000000000000000001Z',
    '2025-12-31T23:30:00.001-00:30',
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      t.equal(Math.sign(compareInstants(instantOf(a)!, instantOf(b)!)), Math.sign(i - j), `${a} against ${b}`);
    }
  }
  t.equal(compareInstants(instantOf('2026-01-01T00:00:00.10Z')!, instantOf('2026-01-01T08:00:00.1+08:00')!), 0);
});
