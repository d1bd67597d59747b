import t from 'tap';
import { itemValue } from './item-value.js';

const rule = (type: Parameters<typeof itemValue>[1]['type'], rest: Partial<Parameters<typeof itemValue>[1]> = {}) => ({
  type,
  list: false,
  codes: undefined,
  offset: 'Z',
  ...rest,
});

t.test('texts of a database or a file become values of the item', async (t) => {
  t.equal(itemValue('12', rule('integer')), 12);
  t.equal(itemValue('1.5e3', rule('number')), 1500);
  t.equal(itemValue('t', rule('boolean')), true);
  t.equal(itemValue('false', rule('boolean')), false);
  t.equal(itemValue('Y', rule('boolean', { codes: new Map([['Y', 'true']]) })), true);
  t.equal(itemValue('2026-11-24 08:30:00', rule('date')), '2026-11-24');
  t.equal(itemValue('2026-11-24 08:30:00.25+00', rule('datetime')), '2026-11-24T08:30:00.25Z');
  t.equal(itemValue('2026-11-24 08:30:00+08', rule('datetime')), '2026-11-24T08:30:00+08:00');
  t.equal(itemValue('2026-11-24 08:30:00', rule('datetime', { offset: '+08:00' })), '2026-11-24T08:30:00+08:00');
  t.equal(itemValue('1.50', rule('decimal')), '1.50');
  t.same(itemValue('{"a":1}', rule('object')), { a: 1 });
  t.equal(itemValue('AAI', rule('code', { codes: new Map([['AAI', 'issued']]) })), 'issued');
});

t.test('lists come as arrays of PostgreSQL or of JSON', async (t) => {
  t.same(itemValue('{1,2}', rule('integer', { list: true })), [1, 2]);
  t.same(itemValue('{"a,b",NULL,c}', rule('string', { list: true })), ['a,b', null, 'c']);
  t.same(itemValue('["a","b"]', rule('string', { list: true })), ['a', 'b']);
});

t.test('nothing is absent; what does not fit stays as it is, for the catalog to refuse', async (t) => {
  t.equal(itemValue(null, rule('integer')), undefined);
  t.equal(itemValue(undefined, rule('string')), undefined);
  t.equal(itemValue('', rule('string')), '');
  t.equal(itemValue('9007199254740993', rule('integer')), '9007199254740993');
  t.equal(itemValue('NaN', rule('number')), 'NaN');
  t.equal(itemValue('perhaps', rule('boolean')), 'perhaps');
  t.equal(itemValue('infinity', rule('datetime')), 'infinity');
  t.equal(itemValue('{', rule('object')), '{');
});
