import t from 'tap';
import { hasTooManyMembers, JSON_MEMBERS_MAX } from './json-members.js';

const PADDING = 'x'.repeat(70_000);
const map = (keys: number) =>
  JSON.stringify(Object.fromEntries(Array.from({ length: keys }, (_none, i) => [`k${i}`, 1])));

t.test('the keys of all objects of a text are counted, those in strings are not', async (t) => {
  t.notOk(hasTooManyMembers(map(JSON_MEMBERS_MAX)));
  t.ok(hasTooManyMembers(map(JSON_MEMBERS_MAX + 1)));
  t.ok(hasTooManyMembers(`[${Array<string>(10_001).fill(`{"a":1}`).join(',')}]`));
  t.notOk(hasTooManyMembers(JSON.stringify({ [`${PADDING}\\`]: `":${':'.repeat(20_000)}\\"` })));
  t.notOk(hasTooManyMembers(`{"a":"${PADDING}`), 'malformed');
});
