import t from 'tap';
import { type ValueRule, valueReader } from './item-value.js';

const read = (text: string, type: ValueRule['type'], rule: Partial<ValueRule> = {}) =>
  valueReader({ type, list: false, codes: undefined, offset: 'Z', ...rule })(text);

t.test('text of a database or a file becomes a value of the item', async (t) => {
  t.equal(read('12', 'integer'), 12);
  t.equal(read('+7', 'integer'), 7);
  t.equal(read('-0012', 'integer'), -12);
  t.equal(read('1.5e3', 'number'), 1500);
  t.equal(read('1.10', 'number'), 1.1);
  for (const text of ['t', 'true', 'TRUE']) t.equal(read(text, 'boolean'), true);
  for (const text of ['f', 'false', 'FALSE']) t.equal(read(text, 'boolean'), false);
  t.equal(read('Y', 'boolean', { codes: new Map([['Y', 'true']]) }), true);
  t.equal(read('1.50', 'decimal'), '1.50');
  t.same(read('{"a":1,"b":[1.10]}', 'object'), { a: 1, b: [1.1] });
  t.equal(read('AAI', 'code', { codes: new Map([['AAI', 'issued']]) }), 'issued');
});

t.test('a time without a zone gets the offset of its column', async (t) => {
  t.equal(read('2026-11-24 08:30:00.25+00', 'datetime'), '2026-11-24T08:30:00.25Z');
  t.equal(read('2026-11-24 08:30:00+08', 'datetime'), '2026-11-24T08:30:00+08:00');
  t.equal(read('2026-11-24 08:30:00+0530', 'datetime'), '2026-11-24T08:30:00+05:30');
  t.equal(read('2026-11-24T08:30:00z', 'datetime', { offset: '+08:00' }), '2026-11-24T08:30:00Z');
  t.equal(read('2026-11-24 08:30:00', 'datetime', { offset: '+08:00' }), '2026-11-24T08:30:00+08:00');
  t.equal(read('2026-11-24 08:30', 'datetime', { offset: '+08:00' }), '2026-11-24T08:30:00+08:00');
  t.equal(read('2026-11-24', 'datetime', { offset: '+08:00' }), '2026-11-24T00:00:00+08:00');
});

t.test('a time with a zone becomes the day at the offset of its column', async (t) => {
  t.equal(read('2026-11-24 08:30:00', 'date', { offset: '+08:00' }), '2026-11-24', 'no zone: the day as written');
  t.equal(read('2026-11-24 16:30:00+00', 'date', { offset: '+08:00' }), '2026-11-25');
  t.equal(read('2026-11-24T20:30:00-08:00', 'date', { offset: '+08:00' }), '2026-11-25');
  t.equal(read('2026-11-25T02:00:00+08:00', 'date'), '2026-11-24');
  t.equal(read('2026-11-24T23:59:59.999Z', 'date'), '2026-11-24');
  t.equal(read('0099-12-31T23:00:00Z', 'date', { offset: '+08:00' }), '0100-01-01');
  t.equal(read('2016-12-31 23:59:60+00', 'date'), '2016-12-31', 'a leap second ends its day');
  t.equal(read('2016-12-31 23:59:60+00', 'date', { offset: '+08:00' }), '2017-01-01');
});

t.test('a day that a date cannot express stays text, for the catalog to refuse', async (t) => {
  const refused = [
    '0044-03-15 00:00:00 BC',
    '0044-03-15 BC',
    '12026-11-24',
    '+12026-11-24 08:00:00',
    'infinity',
    '-infinity',
  ];
  for (const text of refused) {
    t.equal(read(text, 'date'), text);
    t.equal(read(text, 'datetime'), text);
  }
  for (const text of ['2026-02-30 10:00:00Z', '2026-11-24 25:00', '2026-11-24 08:30:61', '2026-11-24T08:60:00Z']) {
    t.equal(read(text, 'date'), text, 'a day or a time that is not there');
  }
  for (const text of ['9999-12-31 20:00:00+00', '0000-01-01', '2026-02-30x', '24.11.2026', '2026-1-2']) {
    t.equal(read(text, 'date', { offset: '+08:00' }), text);
  }
});

t.test('lists are read from arrays of PostgreSQL and of JSON, element by element', async (t) => {
  t.same(read('{1,2}', 'integer', { list: true }), [1, 2]);
  t.same(read('{"a,b",NULL,c}', 'string', { list: true }), ['a,b', null, 'c']);
  t.same(read('["a","b",null]', 'string', { list: true }), ['a', 'b', null]);
  t.same(read('[1,2.0,"3"]', 'integer', { list: true }), [1, '2.0', 3]);
  t.same(read('[990102202611220014,1e2]', 'string', { list: true }), ['990102202611220014', '100']);
  t.same(read('[12345678901234567.89]', 'decimal', { list: true }), ['12345678901234567.89']);
  t.same(read('["Y"]', 'boolean', { list: true, codes: new Map([['Y', 'true']]) }), [true]);
  t.equal(read('[1', 'integer', { list: true }), '[1');
  t.same(read('[0:1]={7,8}', 'integer', { list: true }), [7, 8]);
  t.same(read('{"a\\"b","NULL","","x\ny"}', 'string', { list: true }), ['a"b', 'NULL', '', 'x\ny']);
  t.same(read('{}', 'string', { list: true }), []);
});

t.test('a text that is no list of values stays as it is, for the catalog to refuse', async (t) => {
  for (const text of [
    '{1,2',
    '{{1,2},{3,4}}',
    '{"a"b}',
    '{a,}',
    '{a}{b}',
    '{1}x',
    '[0:1]={{1},{2}}',
    `${'{'.repeat(50_000)}`,
  ]) {
    t.equal(read(text, 'string', { list: true }), text);
  }
});

t.test('a number that its text does not say exactly stays text, for the catalog to refuse', async (t) => {
  const noIntegers = [
    '0x1F',
    '0b1',
    '0o7',
    '1e3',
    '3.0',
    '1.5',
    '1,234',
    '1_000',
    ' 12',
    '',
    '-',
    '٣',
    '9007199254740993',
  ];
  for (const text of noIntegers) t.equal(read(text, 'integer'), text);
  const noNumbers = [
    '0x1F',
    '1,5',
    '.5',
    '5.',
    '+1',
    '007',
    'NaN',
    'Infinity',
    '1e400',
    '',
    ' 1',
    '0.1234567890123456789',
  ];
  for (const text of noNumbers) t.equal(read(text, 'number'), text);
  for (const text of ['9007199254740993', '12345678901234567.89']) t.equal(read(text, 'number'), text);
});

t.test('an object with a number that would be rounded stays text, for the catalog to refuse', async (t) => {
  for (const text of ['{"serial":9007199254740993}', '{"a":[{"rate":0.1234567890123456789}]}', '{', '{"a":1,"a":2}']) {
    t.equal(read(text, 'object'), text);
  }
});

t.test('text that is no value of the item stays as it is', async (t) => {
  t.equal(read('', 'string'), '');
  t.equal(read('perhaps', 'boolean'), 'perhaps');
  t.equal(read('True', 'boolean'), 'True');
});
