import t from 'tap';
import { type ValueRule, valueReader } from './item-value.js';

const read = (text: string, type: ValueRule['type'], rest: Partial<ValueRule> = {}) =>
  valueReader({ type, list: false, codes: undefined, offset: 'Z', ...rest })(text);

t.test('texts of a database or a file become values of the item', async (t) => {
  t.equal(read('12', 'integer'), 12);
  t.equal(read('1.5e3', 'number'), 1500);
  t.equal(read('t', 'boolean'), true);
  t.equal(read('false', 'boolean'), false);
  t.equal(read('Y', 'boolean', { codes: new Map([['Y', 'true']]) }), true);
  t.equal(read('2026-11-24 08:30:00', 'date'), '2026-11-24');
  t.equal(read('2026-11-24 08:30:00.25+00', 'datetime'), '2026-11-24T08:30:00.25Z');
  t.equal(read('2026-11-24 08:30:00+08', 'datetime'), '2026-11-24T08:30:00+08:00');
  t.equal(read('2026-11-24 08:30:00', 'datetime', { offset: '+08:00' }), '2026-11-24T08:30:00+08:00');
  t.equal(read('1.50', 'decimal'), '1.50');
  t.same(read('{"a":1}', 'object'), { a: 1 });
  t.equal(read('AAI', 'code', { codes: new Map([['AAI', 'issued']]) }), 'issued');
});

t.test('lists come as arrays of PostgreSQL or of JSON', async (t) => {
  t.same(read('{1,2}', 'integer', { list: true }), [1, 2]);
  t.same(read('{"a,b",NULL,c}', 'string', { list: true }), ['a,b', null, 'c']);
  t.same(read('["a","b"]', 'string', { list: true }), ['a', 'b']);
});

t.test('what does not fit stays as it is, for the catalog to refuse', async (t) => {
  t.equal(read('', 'string'), '');
  t.equal(read('9007199254740993', 'integer'), '9007199254740993');
  t.equal(read('NaN', 'number'), 'NaN');
  t.equal(read('perhaps', 'boolean'), 'perhaps');
  t.equal(read('infinity', 'datetime'), 'infinity');
  t.equal(read('{', 'object'), '{');
});
