import { deepStrictEqual, strictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { entryId, token } from '../tests/support/arbitrary-entry.js';
import { splitEntryId } from './entry/entry.js';
import {
  entryFilter,
  eventSubject,
  isEntryId,
  isToken,
  messageId,
  parseEventSubject,
  partitionFor,
} from './subject.js';

t.test('entry and system are read back from the subject of any event', async (t) => {
  fc.assert(
    fc.property(fc.nat({ max: 999 }), entryId, token, (partition, entry, system) => {
      const subject = eventSubject(partition, entry, system);
      deepStrictEqual(parseEventSubject(subject), { entry, system });
      strictEqual(subject.startsWith(entryFilter(partition, entry).slice(0, -1)), true);
    }),
    { numRuns: 500 },
  );
  t.pass('all were');
});

t.test('party and entry are read back from any entry id', async (t) => {
  fc.assert(
    fc.property(token, token, (party, entry) => {
      deepStrictEqual(splitEntryId(`${party}.${entry}`), { party, entry });
      strictEqual(isEntryId(`${party}.${entry}`), true);
    }),
  );
  t.pass('all were');
});

t.test('a string with wildcards, dots or foreign characters is no token', async (t) => {
  for (const text of ['', '*', '>', 'a.b', 'a b', 'A', '-a', 'a-', 'a\n', 'ä', 'a'.repeat(65), 'a/b', '$sys']) {
    t.notOk(isToken(text), JSON.stringify(text));
    t.notOk(isEntryId(`a.${text}`), JSON.stringify(`a.${text}`));
  }
  for (const text of ['a', 'a.b.c', '.a', 'a.']) t.notOk(isEntryId(text), text);
});

t.test('message ids of different systems, entries or events differ', async (t) => {
  const triple = fc.tuple(token, entryId, fc.string({ minLength: 1 }));
  fc.assert(
    fc.property(triple, triple, (one, other) => {
      const same = one.every((part, i) => part === other[i]);
      strictEqual(messageId(...one) === messageId(...other), same);
    }),
  );
  t.pass('none did');
});

t.test('the partition of an entry is stable over releases, and entries spread evenly', async (t) => {
  t.equal(partitionFor('fujian-civil-affairs.birth', 4), partitionFor('fujian-civil-affairs.birth', 4));
  t.strictSame(
    ['fujian-civil-affairs.birth', 'chicago-bacp.business-licence', 'a.b'].map((id) => partitionFor(id, 1024)),
    [900, 978, 268],
    'also over releases: entries that lie in a store stay where they are',
  );
  const counts = [0, 0, 0, 0];
  for (let i = 0; i < 4000; i++) counts[partitionFor(`party-${i % 40}.entry-${i}`, 4)]! += 1;
  for (const count of counts) t.ok(count > 800 && count < 1200, `${count} of 4000`);
});
