import { deepStrictEqual } from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import type { EntryDocument, ItemType, NumberedItem } from '../../proto/entry/entry.js';
import type { GrantDocument, Transform } from '../../proto/entry/grant.js';
import { fieldOf } from '../../proto/entry/item-field.js';
import type { Rows } from '../../proto/entry/rows.js';
import type { DeliverableEvent } from '../../proto/event/envelope.js';
import type { ProjectedEvent } from '../../proto/frames/event-encoder.js';
import { SUBPROTOCOLS } from '../../proto/frames/frames.js';
import { LiveViews } from '../stream/live/live-view.js';
import { EntryViews } from '../stream/views/entry-views.js';
import { Projection } from '../stream/views/projection.js';
import { hashFor, maskWith, type StringTransform } from '../stream/views/transform.js';
import { viewKey } from '../stream/views/view.js';
import { type ProjectLive, ViewProbe } from './view-probe.js';

const SECRET = 'a secret of at least thirty-two characters';
const numbered = (items: Omit<NumberedItem, 'number'>[]): NumberedItem[] =>
  items.map((item, index) => ({ ...item, number: index + 1 }));

const ITEMS = numbered([
  { name: 'id', type: 'string', identifier: true },
  { name: 'name', type: 'string' },
  { name: 'born', type: 'date', filterable: true },
  { name: 'region', type: 'code', filterable: true },
  { name: 'income', type: 'decimal', filterable: true },
  { name: 'tags', type: 'string', list: true },
  { name: 'opened', type: 'datetime' },
  { name: 'closed', type: 'datetime' },
]);
const ENTRY: EntryDocument = { id: 'north.people', name: 'People', sharingAttribute: 'conditional', items: ITEMS };

const GRANT: GrantDocument = {
  id: 'g',
  system: 's',
  entry: ENTRY.id,
  items: [{ name: 'id', transform: 'hash' }, { name: 'name', transform: 'mask' }, { name: 'tags' }, { name: 'opened' }],
  rows: { region: { prefix: '35' }, income: { max: '100.50' } },
  purpose: 'p',
  basis: 'b',
  period: { from: '2020-01-01', to: '2099-12-31' },
};
const NARROW: Rows = { born: { from: '1980-01-01' } };

interface Served {
  /** Secret of the checker. */
  secret?: string;
  /** Changes an event that the view delivers as a faulty bus would; undefined: it is not delivered. */
  change?: (projected: ProjectedEvent, event: DeliverableEvent) => ProjectedEvent | undefined;
  items?: readonly NumberedItem[];
  narrow?: Rows;
}

/** Findings of one view in each encoding; `compiled` is what the bus works with, `allowed` the document. */
function findings(compiled: GrantDocument, allowed = compiled, served: Served = {}): string[][] {
  const { secret = SECRET, change, items = ITEMS, narrow = NARROW } = served;
  const views = new LiveViews(() => undefined);
  const item = (name: string): NumberedItem => items.find((one) => one.name === name)!;
  const source = { grant: compiled, rows: compiled.rows ?? {}, narrow, item, secret: SECRET };
  const live = views.acquire({ key: viewKey(source), ...source }, 0);
  const index = new EntryViews<typeof live>((name) => fieldOf(item(name)));
  index.add(live);
  const projectLive: ProjectLive = ({ position, event }, projected) =>
    index.match(event, (one, op) => {
      const served = one.view.project(position, event, op);
      const changed = change ? change(served, event) : served;
      if (changed) projected(one, changed);
    });
  const probe = new ViewProbe(projectLive, secret);
  return SUBPROTOCOLS.map((encoding) => {
    const { channel } = live.freeChannel(encoding, 0, () => false);
    const versions = [{ document: { ...ENTRY, items: [...items] }, items }];
    return [...new Set(probe.findings({ live, channel, grant: allowed, narrow, versions }))];
  });
}

const IN_ALL = (kind: string[]): string[][] => SUBPROTOCOLS.map(() => kind);

t.test('a view that delivers what its grant allows has no finding', async (t) => {
  t.strictSame(findings(GRANT), IN_ALL([]));
});

t.test('a view with an item, a row or a plain value too many is a leak in every encoding', async (t) => {
  const { items } = GRANT;
  t.strictSame(findings({ ...GRANT, items: [...items, { name: 'born' }] }, GRANT), IN_ALL(['leak']));
  t.strictSame(findings({ ...GRANT, items: [...items, { name: 'closed' }] }, GRANT), IN_ALL(['leak']));
  t.strictSame(findings({ ...GRANT, rows: { region: { prefix: '35' } } }, GRANT), IN_ALL(['leak']));
  const plain = { ...GRANT, items: items.map((one) => (one.name === 'name' ? { name: 'name' } : one)) };
  t.strictSame(findings(plain, GRANT), IN_ALL(['leak']));
  t.strictSame(
    findings(GRANT, GRANT, { secret: 'another secret of thirty-two characters' }),
    IN_ALL(['leak']),
    'another hash',
  );
});

t.test('a view with an item or a row too few withholds', async (t) => {
  const less = { ...GRANT, items: GRANT.items.slice(0, 2) };
  t.strictSame(findings(less, GRANT), IN_ALL(['withheld']));
  t.strictSame(
    findings(GRANT, GRANT, { change: () => undefined }),
    IN_ALL(['withheld']),
    'an index that finds nothing',
  );
});

t.test('an event whose head is not what the bus knows of it is a leak in every encoding', (t) => {
  const changes: Partial<ProjectedEvent>[] = [{ timeMs: 0 }, { snapshotId: 'another' }, { corrects: 7 }];
  for (const change of changes) {
    const found = findings(GRANT, GRANT, { change: (projected) => ({ ...projected, ...change }) });
    t.strictSame(found, IN_ALL(['leak']), Object.keys(change).join());
  }
  t.end();
});

t.test('a mask that counts units of UTF-16, or shows a single character, is a leak in every encoding', (t) => {
  const masks: StringTransform[] = [
    (value) => value.slice(0, 1) + '*'.repeat(Math.max(0, value.length - 1)),
    (value) => (Array.from(value).length === 1 ? value : maskWith(undefined)(value)),
  ];
  for (const transform of masks) {
    const projection = new Projection(
      [6, 7],
      [
        { field: fieldOf(ITEMS[0]!), transform: hashFor(SECRET, GRANT.id) },
        { field: fieldOf(ITEMS[1]!), transform },
      ],
    );
    const found = findings(GRANT, GRANT, {
      change: (projected, { data }) => ({ ...projected, record: projected.record && data && projection.project(data) }),
    });
    t.strictSame(found, IN_ALL(['leak']));
  }
  t.end();
});

/** For each type a predicate, and a transform that a grant may have. */
const TYPES: Record<ItemType, { rows?: Rows[string]; transform?: Transform }> = {
  string: { rows: { in: ['open', 'a value of more than sixteen characters'] }, transform: 'mask' },
  code: { rows: { prefix: '35' }, transform: 'hash' },
  integer: { rows: { min: -2, max: 5 }, transform: 'hash' },
  number: { rows: { max: 5.5 } },
  boolean: { rows: { is: true } },
  date: { rows: { from: '1980-01-01' }, transform: 'year' },
  datetime: { rows: { to: '1999-12-31T00:00:00Z' }, transform: 'year' },
  decimal: { rows: { min: '0.10', max: '100.50' }, transform: 'hash' },
  object: {},
};

const anyItem = fc.record({
  type: fc.constantFrom(...(Object.keys(TYPES) as ItemType[])),
  list: fc.boolean(),
  filter: fc.constantFrom('none', 'rows', 'narrow'),
  granted: fc.constantFrom('hidden', 'plain', 'transformed'),
});

t.test('a view of any entry that delivers what its grant allows has no finding', async (t) => {
  fc.assert(
    fc.property(fc.array(anyItem, { maxLength: 9 }), (given) => {
      const drawn = given.map((one, index) => ({ ...one, name: `item-${index}`, rows: TYPES[one.type].rows }));
      const isFiltered = ({ list, filter, rows }: (typeof drawn)[number]): boolean =>
        !list && filter !== 'none' && rows !== undefined;
      const rowsOf = (filter: string): Rows =>
        Object.fromEntries(
          drawn.filter((one) => isFiltered(one) && one.filter === filter).map(({ name, rows }) => [name, rows!]),
        );
      const items = numbered([
        { name: 'id', type: 'string', identifier: true },
        ...drawn.map((one) => ({
          name: one.name,
          type: one.type,
          ...(one.list && one.type !== 'object' ? { list: true } : {}),
          ...(isFiltered(one) ? { filterable: true } : {}),
        })),
      ]);
      const granted = drawn
        .filter((one) => one.granted !== 'hidden')
        .map(({ name, type, granted }) => ({
          name,
          ...(granted === 'transformed' && { transform: TYPES[type].transform }),
        }));
      const grant = { ...GRANT, items: [{ name: 'id' }, ...granted], rows: rowsOf('rows') };
      deepStrictEqual(findings(grant, grant, { items, narrow: rowsOf('narrow') }), IN_ALL([]));
    }),
    { numRuns: 60 },
  );
  t.pass();
});
