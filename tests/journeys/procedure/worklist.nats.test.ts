import t from 'tap';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import type { Body, LawfulBus } from '../../support/lawful/lawful-bus.js';
import { storePaper } from '../../support/lawful/papers.js';
import { BIRTH, busWithEntries } from '../../support/lawful/published-entries.js';

const applicationsOn = async (bus: LawfulBus, who: string, query = ''): Promise<Body[]> =>
  (await bus.read(who, `/v1/desk${query}`)).items.filter(({ file }: Body) => file.kind === 'applications');
const shown = (items: Body[]) => items.map(({ file, daysLeft, clock }) => [file.id, daysLeft, clock]);

t.test('a worklist has what waits for the officer, the most urgent first', async (t) => {
  const entry = { ...BIRTH, promisedDays: undefined } as unknown as typeof BIRTH;
  const bus = await busWithEntries(t, [entry]);
  await bus.setClock('2026-02-06T10:00:00+08:00');
  const first = await fileApplication(bus, ['wu', 'xu'], applicationFor(entry, 'maternal-health'));
  await bus.setClock('2026-02-10T10:00:00+08:00');
  const second = await fileApplication(bus, ['tan', 'tao'], applicationFor(entry, 'tax-files'));
  const draft = await bus.act('wu', '/v1/applications', { entry: entry.id });

  t.strictSame(shown(await applicationsOn(bus, 'lin')), [
    [first.id, 8, 'D4'],
    [second.id, 10, 'D4'],
  ]);
  t.match(await applicationsOn(bus, 'rui'), [{ act: 'ask-supplement', file: { id: first.id, state: 'filed' } }, {}]);
  t.strictSame(
    shown(await applicationsOn(bus, 'wu')),
    [
      [first.id, 8, 'D4'],
      [draft.id, null, null],
    ],
    'files without a clock come last, and those of another department not at all',
  );
  t.strictSame(await applicationsOn(bus, 'he'), [], 'nothing waits for this role');
  t.strictSame(await applicationsOn(bus, 'lin', '?late=true'), []);

  await bus.act('rui', `/v1/applications/${first.id}/ask-supplement`, { missing: ['order'] });
  t.strictSame(shown(await applicationsOn(bus, 'rui')), [[second.id, 10, 'D4']], 'now it is for the applicant');
  t.match(await applicationsOn(bus, 'wu'), [{ act: 'supplement', daysLeft: 8, file: { id: first.id } }, {}]);
  await bus.act('wu', `/v1/applications/${first.id}/supplement`, { parts: [{ missing: 'order', text: 'no. 7' }] });

  for (const [now, left] of [
    ['2026-02-26T10:00:00+08:00', 1],
    ['2026-02-27T10:00:00+08:00', 0],
    ['2026-02-28T10:00:00+08:00', -1],
    ['2026-03-02T10:00:00+08:00', -2],
  ] as const) {
    await bus.setClock(now);
    t.equal((await applicationsOn(bus, 'lin')).find(({ file }) => file.id === first.id).daysLeft, left, now);
  }
  t.strictSame(shown(await applicationsOn(bus, 'lin', '?late=true')), [[first.id, -2, 'D4']]);
  await bus.act('lin', `/v1/applications/${first.id}/refuse`, { code: 'no_duty_basis', reason: 'r' });
  t.strictSame(shown(await applicationsOn(bus, 'lin')), [[second.id, 0, 'D4']], 'a late file that was decided is gone');
  t.match(await bus.as('pan', 'GET', '/v1/desk'), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } });
});

t.test('a disposal without a day waits for its proof, and again when the proof is rejected', async (t) => {
  const entry = { ...BIRTH, disposalRequirement: { method: 'destroy' } } as unknown as typeof BIRTH;
  const bus = await busWithEntries(t, [entry]);
  await bus.setClock('2026-02-06T10:00:00+08:00');
  const { id } = await fileApplication(bus, ['wu', 'xu'], applicationFor(entry, 'maternal-health'));
  const items = entry.items.map(({ name }: Body) => name);
  const { grant } = await bus.act('lin', `/v1/applications/${id}/approve`, { items, leftOut: [] });
  const waiting = async (): Promise<string[]> =>
    (await bus.read('sun', '/v1/desk')).items
      .filter(({ file }: Body) => file.file.kind === 'grants')
      .map(({ act }: Body) => act);
  t.strictSame(await waiting(), []);

  await bus.setClock('2027-01-01T10:00:00+08:00');
  t.strictSame(await waiting(), ['prove-disposal']);
  await bus.act('sun', '/v1/use-records', { grant, kind: 'destruction', text: 'shredded' });
  const attachments = [await storePaper(bus, 'sun', 'protocol')];
  const proof = { method: 'destroyed', statement: 'all copies', attachments };
  await bus.act('sun', `/v1/grants/${grant}/prove-disposal`, proof);
  t.strictSame(await waiting(), []);
  await bus.act('su', `/v1/grants/${grant}/reject-disposal`, { reason: 'no date' });
  t.strictSame(await waiting(), ['prove-disposal']);
});
