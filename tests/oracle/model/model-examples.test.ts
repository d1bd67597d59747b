import t from 'tap';
import { expectedEvents } from '../../../broker/leak-check/allowed/allowed-events.js';
import { matchesRows } from '../../../broker/leak-check/allowed/allowed-rows.js';
import { hashed, transformed } from '../../../broker/leak-check/allowed/allowed-values.js';
import type { EntryDocument } from '../../../proto/entry/entry.js';
import type { GrantedItem } from '../../../proto/entry/grant.js';
import type { Rows } from '../../../proto/entry/rows.js';
import type { RecordData, SourceEvent } from '../../../proto/event/event.js';
import { ModelIntake, problemsOf } from './model-intake.js';

const ENTRY: EntryDocument = {
  id: 'fujian-civil-affairs.birth',
  name: { en: 'Births' },
  sharingAttribute: 'conditional',
  items: [
    { name: 'idNumber', type: 'string', identifier: true },
    { name: 'name', type: 'string' },
    { name: 'birthDate', type: 'date' },
    { name: 'regionCode', type: 'code', filterable: true, codeTable: ['350102', '350200'] },
  ],
};
const HERE = '350102';
const ELSEWHERE = '350200';

function birth(op: SourceEvent['op'], region: string | undefined, previous?: string): SourceEvent {
  const event: SourceEvent = { specversion: '1.0', id: 'b-1', type: ENTRY.id, subject: '1', op };
  if (region !== undefined) {
    event.data = { idNumber: '1', name: '陈小明', birthDate: '2026-11-22', regionCode: region };
  }
  if (previous !== undefined) event.previous = { regionCode: previous };
  return event;
}

function seen(event: SourceEvent, items: GrantedItem[], rows: Rows) {
  const view = { grant: { id: 'g', items, rows }, versions: [ENTRY], secret: 's' };
  return expectedEvents([{ event, position: 7 }], view)[0];
}

t.test('a record enters, is updated, leaves and is deleted as its rows say', async (t) => {
  const op = (event: SourceEvent) => seen(event, [{ name: 'idNumber' }], { regionCode: { is: HERE } })?.op;
  t.equal(op(birth('create', HERE)), 'create');
  t.equal(op(birth('create', ELSEWHERE)), undefined);
  t.equal(op(birth('update', HERE, ELSEWHERE)), 'enter');
  t.equal(op(birth('update', HERE, HERE)), 'update');
  t.equal(op(birth('update', ELSEWHERE, HERE)), 'leave');
  t.equal(op(birth('update', ELSEWHERE, ELSEWHERE)), undefined);
  t.equal(op(birth('correction', HERE, HERE)), 'correction');
  t.equal(op(birth('delete', undefined, HERE)), 'delete');
  t.equal(op(birth('delete', undefined, ELSEWHERE)), undefined);
  t.equal(op(birth('snapshot_end', undefined)), 'snapshot_end');
});

t.test('only granted items are delivered, and a leave tells the key alone', async (t) => {
  const items: GrantedItem[] = [{ name: 'idNumber' }, { name: 'name', transform: 'mask' }];
  const rows = { regionCode: { is: HERE } };
  t.strictSame(seen(birth('create', HERE), items, rows), {
    id: 'fujian-civil-affairs.birth@7',
    position: 7,
    type: ENTRY.id,
    op: 'create',
    subject: '1',
    data: { idNumber: '1', name: '陈**' },
  });
  t.equal(seen(birth('update', ELSEWHERE, HERE), items, rows)?.data, undefined);
});

t.test('a hashed identifier hides the subject as well', async (t) => {
  const event = seen(birth('create', HERE), [{ name: 'idNumber', transform: 'hash' }], {});
  t.equal(event?.subject, hashed('1', { secret: 's', grant: 'g' }));
  t.strictSame(event?.data, { idNumber: event?.subject });
});

t.test('a mask hides at least half, counted in characters', async (t) => {
  const mask = (text: string, keepFirst?: number, keepLast?: number) =>
    transformed(
      text,
      'mask',
      { name: 'n', type: 'string', maskRule: { keepFirst, keepLast } },
      { secret: '', grant: '' },
    );
  t.equal(mask('陈小明'), '陈**');
  t.equal(mask('𠮷野家'), '𠮷**');
  t.equal(mask('a'), '*');
  t.equal(mask(''), '');
  t.equal(mask('abcd', 3, 3), 'ab**');
  t.equal(mask('abcdef', 1, 3), 'a***ef');
});

t.test('an absent value matches no predicate, not even notIn', async (t) => {
  const types = new Map([['a', 'string' as const]]);
  t.notOk(matchesRows({ a: { notIn: ['x'] } }, types, {}));
  t.ok(matchesRows({ a: { notIn: ['x'] } }, types, { a: 'y' }));
  t.ok(matchesRows({}, types, undefined));
});

t.test('decimals and instants are compared by value', async (t) => {
  const matches = (type: 'decimal' | 'datetime' | 'date', predicate: Rows[string], value: string) =>
    matchesRows({ a: predicate }, new Map([['a', type]]), { a: value });
  t.ok(matches('decimal', { is: '1.0' }, '1.00'));
  t.ok(matches('decimal', { min: '-0.5', max: '0' }, '-0.25'));
  t.notOk(matches('decimal', { min: '9' }, '8.999'));
  t.ok(matches('datetime', { is: '2026-11-22T00:30:00Z' }, '2026-11-22T08:30:00+08:00'));
  t.ok(matches('datetime', { to: '2026-11-22' }, '2026-11-22T15:59:59Z'));
  t.notOk(matches('datetime', { to: '2026-11-22' }, '2026-11-22T16:00:00Z'));
  t.ok(matches('date', { from: '2020-01-01', to: '2020-01-01' }, '2020-01-01'));
});

t.test('intake refuses what the entry does not allow', async (t) => {
  const publisher = { system: 'registry', party: 'fujian-civil-affairs' };
  const problems = (change: object) => problemsOf({ ...birth('update', HERE, HERE), ...change }, [ENTRY], publisher);
  const data = (change: RecordData) => ({ data: { idNumber: '1', ...change } });
  t.strictSame(problems({}), []);
  t.strictSame(problems({ type: 'fujian-civil-affairs.death' }), ['UNKNOWN_ENTRY']);
  t.strictSame(problems({ previous: undefined }), ['MISSING_PREVIOUS']);
  t.strictSame(problems({ subject: '2' }), ['SUBJECT_MISMATCH']);
  t.strictSame(problems({ source: '/fujian-civil-affairs/other' }), ['FOREIGN_SOURCE']);
  t.strictSame(problems(data({ name: 5 })), ['ITEM_INVALID']);
  t.strictSame(problems(data({ regionCode: '999999' })), ['ITEM_INVALID']);
  t.strictSame(problems(data({ secret: 'x' })), ['UNKNOWN_ITEM']);
  t.strictSame(problems(data({ name: null })), []);
});

t.test('an event id or a place of the source is taken once', async (t) => {
  const intake = new ModelIntake({ system: 'registry', party: 'fujian-civil-affairs' });
  const answer = (id: string, sourceposition?: string) =>
    intake.answer({ ...birth('create', HERE), id, ...(sourceposition ? { sourceposition } : {}) }, [ENTRY]);
  t.equal(answer('a'), 'accepted');
  t.equal(answer('a'), 'duplicate');
  t.equal(answer('b', '2.10'), 'accepted');
  t.equal(answer('c', '2.9'), 'duplicate');
  t.equal(answer('d', '10.1'), 'accepted');
});
