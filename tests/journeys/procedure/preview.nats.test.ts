import t from 'tap';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import { BIRTH, publishEntries } from '../../support/lawful/entries.js';
import { type Body, foundLawfulBus, startLawfulBus } from '../../support/lawful/lawful-bus.js';
import { startNats } from '../../support/nats/nats.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';

const ENTRY: Body = {
  ...BIRTH,
  items: [...BIRTH.items, { name: 'district', type: 'string', filterable: true, grade: 'important' }],
  importantData: { exempt: 'statutory_duty' },
  dataGrade: 'important',
};
const HEALTH = ['wu', 'xu'] as const;

const born = (id: string, district: string): object => ({
  specversion: '1.0',
  id,
  type: ENTRY.id,
  op: 'create',
  data: { idNumber: `3501${id}`, birthDate: '2026-01-13', address: `Street ${id}`, district },
});

t.test(
  'what is applied for is tried out before the reply, and a stream of it counts on whichever broker it is',
  async (t) => {
    const nats = await startNats(t);
    const bus = await foundLawfulBus(t, { nats });
    await publishEntries(bus, [ENTRY]);
    const at = { url: bus.url, token: bus.tokens.get('civil-registry') as string };
    const many = Array.from({ length: 7 }, (_, index) => born(`100${index}`, '350102'));
    await publishBatch(at, [...many, born('2000', '350103'), born('3000', '360100')] as never[]);
    const rows = { district: { prefix: '35' } };
    const applied = applicationFor(ENTRY, 'maternal-health', { rows });
    const { id } = await fileApplication(bus, HEALTH, applied);
    const path = `/v1/applications/${id}/preview`;

    await t.test(
      'the grant is run over the log for the provider, with its rows and without a whole value',
      async (t) => {
        const shown = await bus.read('rui', path);
        t.match(shown, { events: 8, perMonth: { '2025-12': 8 }, heldAlready: [], since: undefined });
        t.strictSame(shown.grades, { important: ['idNumber', 'birthDate', 'address', 'district'] });
        t.equal(shown.samples.length, 3);
        t.match(shown.samples[0], { idNumber: '3*******', birthDate: '2********', address: 'S********' });
        t.notMatch(JSON.stringify(shown), /35012000|Street|2026-01-13/);
        t.strictSame(shown.smallGroups, [{ rows: { birthDate: '2********', district: '350103' }, count: 1 }]);
        t.match((await bus.read('rui', `/v1/applications/${id}`)).history.at(-1), {
          act: 'read',
          actor: 'officer:rui',
        });
      },
    );

    await t.test('it is for those who reply, and shows what the party holds already', async (t) => {
      t.match(await bus.as('wu', 'GET', path), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R11' } });
      t.match(await bus.as('huang', 'GET', path), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
      t.match(await bus.as('tan', 'GET', path), { status: 404, body: { code: 'NOT_FOUND' } });
      t.match(await bus.as('pan', 'GET', path), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } });
      const items = ENTRY.items.map(({ name }: Body) => name);
      const { grant } = await bus.act('lin', `/v1/applications/${id}/approve`, { items, leftOut: [] });
      const second = await fileApplication(bus, HEALTH, { ...applied, items: [{ name: 'idNumber' }] });
      const held = (await bus.read('lin', `/v1/applications/${second.id}/preview`)).heldAlready;
      t.strictSame(held, [{ grant, items: ['idNumber'] }]);
    });

    await t.test('an endpoint is verified by a session on another broker (G3)', async (t) => {
      const other = await startLawfulBus(t, { nats });
      const { files } = await bus.read('lin', '/v1/applications?state=approved&document=true');
      const grant = files[0].document.grant as string;
      t.match(await bus.as('lin', 'POST', `/v1/grants/${grant}/verify-endpoint`), {
        status: 409,
        body: { code: 'NOT_DELIVERED', article: 'R22' },
      });
      const token = bus.tokens.get('maternal-health') as string;
      const session = await RawSession.open({ url: other.url, token, encoding: 'sluice.v1.json' });
      await session.subscribe({ grant, cursor: 'main' });
      t.match(await bus.act('rui', `/v1/grants/${grant}/verify-endpoint`), { state: 'in_force' });
      await session.close();
    });
  },
);
