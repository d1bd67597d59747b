import t, { type Test } from 'tap';
import type { EntryDocument, Item } from '../../proto/entry/entry.js';
import type { GrantDocument } from '../../proto/entry/grant.js';
import { emptyStore, openLedger } from '../../tests/support/broker/ledger.js';
import type { Bus } from '../nats/bus.js';
import type { OfficerCaller } from '../parties/caller.js';
import { Permissions } from '../parties/permissions.js';
import { Catalog } from './catalog.js';
import { CatalogService } from './catalog-service.js';
import { EntryActs } from './entry-acts.js';

const editor: OfficerCaller = { kind: 'officer', id: 'ed', party: 'civil', roles: ['catalog_editor'] };
const ID: Item = { name: 'idNumber', type: 'string', identifier: true };
const BORN: Item = { name: 'birthDate', type: 'date', filterable: true };

const birth = (items: Item[] = [ID, BORN]): EntryDocument => ({
  id: 'civil.birth',
  name: { zh: '出生登记', en: 'Births' },
  sharingAttribute: 'conditional',
  items,
});

async function openCatalog(t: Test, bus: Bus, trial = true, grants: GrantDocument[] = []) {
  const catalog = new Catalog();
  const permissions = new Permissions(trial ? 'trial' : 'registered');
  const ledger = await openLedger(t, bus, [catalog.fold]);
  const civil = { id: 'civil', name: 'Civil Affairs', level: 'city' as const };
  const findParty = (id: string) => (id === 'civil' ? civil : undefined);
  const grantsOn = () => grants;
  const acts = new EntryActs({ catalog, findParty, grantsOn, permissions, partitions: 4, clock: Date.now });
  return { catalog, ledger, service: new CatalogService({ ledger, catalog, acts, permissions }) };
}

t.test('a draft takes effect when it is published, and the next start finds the version', async (t) => {
  const bus = await emptyStore(t);
  const { catalog, service } = await openCatalog(t, bus);
  const { changed, warnings } = await service.putDraft(editor, birth());
  t.ok(changed);
  t.equal(warnings.length, 1);
  t.equal(catalog.published('civil.birth'), undefined);
  t.same(catalog.draft('civil.birth'), birth());
  const version = await service.publish(editor, 'civil.birth');
  t.match(version, {
    version: 1,
    items: [
      { name: 'idNumber', number: 1 },
      { name: 'birthDate', number: 2 },
    ],
  });
  const again = await openCatalog(t, bus);
  t.same(again.catalog.published('civil.birth'), version);
  t.match(again.catalog.search({ q: '出生', limit: 5 }).entries, [{ id: 'civil.birth' }]);
});

t.test('the next version keeps numbers and partition, and the old one stays readable', async (t) => {
  const { catalog, service } = await openCatalog(t, await emptyStore(t));
  await service.putDraft(editor, birth());
  const first = await service.publish(editor, 'civil.birth');
  await service.putDraft(editor, birth([{ name: 'name', type: 'string' }, ID]));
  t.equal(catalog.published('civil.birth')?.version, 1, 'a draft does not change the published version');
  const second = await service.publish(editor, 'civil.birth');
  t.same(
    second.items.map(({ name, number }) => [name, number]),
    [
      ['name', 3],
      ['idNumber', 1],
    ],
  );
  t.equal(second.partition, first.partition);
  t.same(catalog.version('civil.birth', 1), first);
  t.same([...catalog.history('civil.birth').definitions.keys()].sort(), ['birthDate', 'idNumber', 'name']);
  t.equal(catalog.compiled('civil.birth', 1)?.filterable.length, 1);
  t.equal(catalog.compiled('civil.birth')?.filterable.length, 0);
});

t.test('putting the same document records no act, and putting the published one discards the draft', async (t) => {
  const { catalog, ledger, service } = await openCatalog(t, await emptyStore(t));
  await service.putDraft(editor, birth());
  t.notOk((await service.putDraft(editor, birth())).changed);
  await service.publish(editor, 'civil.birth');
  const head = ledger.head;
  t.notOk((await service.putDraft(editor, birth())).changed);
  t.equal(ledger.head, head);
  await service.putDraft(editor, birth([ID]));
  t.ok((await service.putDraft(editor, birth())).changed);
  t.equal(catalog.state('civil.birth')?.status, 'published');
  t.equal(catalog.draft('civil.birth'), undefined);
  await t.rejects(service.publish(editor, 'civil.birth'), { code: 'CONFLICT' });
});

t.test('a version that changes the meaning of an item name is refused, also after the name was dropped', async (t) => {
  const { service } = await openCatalog(t, await emptyStore(t));
  await service.putDraft(editor, birth());
  await service.publish(editor, 'civil.birth');
  const refuses = (items: Item[], message: RegExp) =>
    t.rejects(service.putDraft(editor, birth(items)), { code: 'INCOMPATIBLE_VERSION', message });
  await refuses([ID, { ...BORN, type: 'datetime' }], /birthDate was date/);
  await refuses([ID, { name: 'birthDate', type: 'date', list: true }], /birthDate was no list/);
  await refuses([ID, { name: 'birth_date', type: 'date' }], /cannot be told apart from birthDate/);
  await refuses([{ name: 'other', type: 'string', identifier: true }], /identifier must stay idNumber/);
  await service.putDraft(editor, birth([ID]));
  await service.publish(editor, 'civil.birth');
  await refuses([ID, { ...BORN, type: 'string' }], /birthDate was date/);
});

t.test(
  'a version that breaks the filter of a grant is refused, one that drops a granted item is a warning',
  async (t) => {
    const name: Item = { name: 'name', type: 'string' };
    const grant = (id: string, rows: GrantDocument['rows'], items: string[]): GrantDocument => ({
      id,
      system: 's',
      entry: 'civil.birth',
      purpose: 'test',
      basis: 'test',
      rows,
      items: items.map((one) => ({ name: one })),
      period: { from: '2020-01-01', to: '2099-12-31' },
    });
    const grants = [
      grant('g-old', { birthDate: { from: '2020-01-01' } }, ['idNumber']),
      grant('g-named', {}, ['name']),
    ];
    const { service } = await openCatalog(t, await emptyStore(t), true, grants);
    await service.putDraft(editor, birth([ID, BORN, name]));
    await service.publish(editor, 'civil.birth');
    const refuses = (items: Item[]) =>
      t.rejects(service.putDraft(editor, birth(items)), {
        code: 'INCOMPATIBLE_VERSION',
        message: /birthDate must stay and stay filterable, it is in the rows of grant g-old$/,
      });
    await refuses([ID, name]);
    await refuses([ID, { ...BORN, filterable: false }, name]);
    const { warnings } = await service.putDraft(editor, birth([ID, BORN]));
    t.match(warnings.at(-1), /name is dropped and still granted by grant g-named,/);
  },
);

t.test('a previous image is judged by the items of all versions', async (t) => {
  const { catalog, service } = await openCatalog(t, await emptyStore(t));
  await service.putDraft(editor, birth([ID, BORN, { name: 'ward', type: 'integer', filterable: true, maximum: 50 }]));
  await service.publish(editor, 'civil.birth');
  await service.putDraft(editor, birth([ID, { name: 'ward', type: 'integer', filterable: true, maximum: 25 }]));
  await service.publish(editor, 'civil.birth');
  const compiled = catalog.compiled('civil.birth')!;
  t.match(compiled.validateData({ idNumber: '1', ward: 30 }), [{ item: 'ward' }]);
  const previousImage = { ward: 30, birthDate: '2026-11-22' };
  t.same(compiled.validatePrevious(previousImage), []);
  t.same(compiled.previousCodec.decode(compiled.previousCodec.encode(previousImage)), previousImage);
  t.match(compiled.validatePrevious({ ward: 'thirty' }), [{ code: 'ITEM_INVALID', item: 'ward' }]);
  t.same([...catalog.compiled('civil.birth', 1)!.history.filterable.keys()], ['birthDate', 'ward']);
});

t.test('a withdrawn entry is not published, and returns as its next version', async (t) => {
  const { catalog, service } = await openCatalog(t, await emptyStore(t));
  const changed: string[] = [];
  catalog.onChange((id) => changed.push(id));
  await service.putDraft(editor, birth());
  await service.publish(editor, 'civil.birth');
  await t.rejects(service.withdraw(editor, 'civil.birth', ' '), { code: 'BAD_REQUEST' });
  await service.withdraw(editor, 'civil.birth', 'merged into another');
  t.equal(catalog.published('civil.birth'), undefined);
  t.equal(catalog.version('civil.birth', 1)?.version, 1);
  t.same(catalog.search({ limit: 5 }).entries, []);
  t.equal(changed.length, 3);
  await service.putDraft(editor, birth());
  t.equal((await service.publish(editor, 'civil.birth')).version, 2);
});

t.test(
  'acts of another party, for an unknown party, without a draft and directly on a registered bus are refused',
  async (t) => {
    const bus = await emptyStore(t);
    const { service } = await openCatalog(t, bus);
    await t.rejects(service.putDraft({ ...editor, party: 'tax' }, birth()), { code: 'NOT_ALLOWED' });
    await t.rejects(service.putDraft(editor, { ...birth(), id: 'nodot' }), { code: 'ENTRY_INVALID' });
    const ghost: OfficerCaller = { ...editor, party: 'ghost' };
    await t.rejects(service.putDraft(ghost, { ...birth(), id: 'ghost.x' }), {
      code: 'ENTRY_INVALID',
      message: /no party ghost/,
    });
    await t.rejects(service.publish(editor, 'civil.birth'), { code: 'NOT_FOUND' });
    await service.putDraft(editor, birth());
    const lawful = await openCatalog(t, bus, false);
    await t.rejects(lawful.service.publish(editor, 'civil.birth'), { code: 'TRIAL_ONLY' });
    await t.rejects(lawful.service.putDraft(editor, { ...birth([ID]), standards: [{ name: 'GB/T 1' }] }), {
      code: 'ENTRY_INVALID',
      where: { article: 'R6', problems: [/version: is missing/] },
    });
    const { warnings } = await lawful.service.putDraft(editor, birth([ID]));
    t.match(warnings, [/catalogLevel/], 'a draft that lacks something is taken with warnings');
  },
);
