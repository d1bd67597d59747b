import t, { type Test } from 'tap';
import { KINDS } from '../../../broker/procedure/files/kinds.js';
import {
  type Body,
  FOUNDING_CODE,
  foundLawfulBus,
  type LawfulBus,
  startLawfulBus,
} from '../../support/lawful/lawful-bus.js';
import { CALENDARS, CD, D, P, PARTIES } from '../../support/lawful/people.js';

t.test(
  'a registered bus is founded by its owner, who enrols departments that appoint their own officers',
  async (t) => {
    const bus = await foundLawfulBus(t);
    const zhao = await bus.read('gao', '/v1/officers/zhao');
    t.match(zhao, { kind: 'officers', state: 'in_office', document: { party: P, roles: ['department_head'] } });
    t.notMatch(JSON.stringify(zhao), /credential/);
    t.strictSame(
      zhao.history.map(({ act, actor }: { act: string; actor: string }) => [act, actor]),
      [
        ['create', 'officer:gao'],
        ['confirm', 'officer:huang'],
      ],
    );
    t.match((await bus.read('huang', '/v1/bodies')).files, { length: 3 });
    t.match(await bus.read('pan', '/v1/clock'), { test: true, calendarVersions: ['cn@2025.1', 'cn@2026.1'] });
    await t.test('machines of a later version are published, and their addresses are not found', async (t) => {
      const { machines } = await bus.read('pan', '/v1/procedures');
      t.strictSame(machines.map(({ kind }: Body) => kind).sort(), Object.keys(KINDS).sort(), 'every kind of file');
      const later = machines.filter(({ available }: Body) => !available);
      t.ok(later.length > 0);
      for (const { kind, transitions } of later) {
        for (const path of [`/v1/${kind}`, `/v1/${kind}/x-1`]) {
          t.match(await bus.as('lin', 'GET', path), { status: 404, body: { code: 'NOT_FOUND' } }, path);
        }
        t.match(await bus.as('lin', 'POST', `/v1/${kind}`, {}), { status: 404, body: { code: 'NOT_FOUND' } }, kind);
        for (const { act } of transitions) {
          t.match(await bus.as('lin', 'POST', `/v1/${kind}/x-1/${act}`, {}), {
            status: 404,
            body: { code: 'NOT_FOUND' },
          });
        }
      }
    });
  },
);

t.test('the platform operator appoints nobody, and a founding code works once', async (t) => {
  const bus = await startLawfulBus(t);
  const redeem = (code: string, id = 'deng', headers = {}) =>
    bus.as('', 'POST', '/v1/enrolments/redeem', { code, officer: { id, name: { en: id } } }, headers);
  t.match(await redeem(FOUNDING_CODE), { status: 409, body: { code: 'CONFLICT' } }, 'the owner is not registered yet');
  t.match(await redeem('a-code-that-nobody-was-given'), {
    status: 401,
    body: { code: 'NOT_AUTHENTICATED', problems: [{ path: '', code: 'NOT_AUTHENTICATED' }] },
  });
  await t.test('a party is a department, or an organisation that a law empowers', (t) => partiesRefused(t, bus));
  await bus.act('pan', '/v1/bundles', { parties: PARTIES });
  await t.test('a government has one competent department, and a party stays what it was registered as', (t) =>
    treeKept(t, bus),
  );
  const key = { 'idempotency-key': 'founding' };
  const first = await redeem(FOUNDING_CODE, 'deng', key);
  t.match(first, { status: 201, body: { officer: { id: 'deng', party: CD, roles: ['administrator'] } } });
  const again = await redeem(FOUNDING_CODE, 'deng', key);
  t.match(again, { status: 201, body: first.body }, 'an answer that was lost can be asked for again');
  t.equal(again.headers.get('idempotent-replayed'), 'true');
  t.match(await redeem(FOUNDING_CODE, 'other', key), { status: 409, body: { code: 'KEY_REUSED' } });
  t.match(await redeem('a-code-that-nobody-was-given', 'deng', key), { status: 401 }, 'the key alone opens nothing');
  t.match(await redeem(FOUNDING_CODE, 'other'), { status: 401 }, 'it works once');
  const refused = await bus.as('pan', 'POST', '/v1/officers', { id: 'x', name: { en: 'x' }, roles: ['body_head'] });
  t.match(refused, { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } });
  t.match(await bus.as('pan', 'GET', '/v1/officers'), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } });
  t.match(await bus.as('pan', 'POST', '/v1/bundles', { department: [] }), {
    status: 422,
    body: { code: 'BUNDLE_INVALID', problems: [/department/] },
  });
  for (const [part, code] of [
    ['officers', 'NOT_YOUR_ROLE'],
    ['systems', 'NOT_YOUR_ROLE'],
    ['entries', 'TRIAL_ONLY'],
    ['grants', 'TRIAL_ONLY'],
  ]) {
    t.match(await bus.as('pan', 'POST', '/v1/bundles', { [part as string]: [{ id: 'x' }] }), {
      status: 403,
      body: { code, problems: [{ path: `/${part}`, code }] },
    });
  }
  const whole = { officers: [{ id: 'x' }], systems: [{ id: 'x' }], entries: [{ id: 'x' }], grants: [{ id: 'x' }] };
  const { body } = await bus.as('pan', 'POST', '/v1/bundles', whole);
  const paths = ['/systems', '/officers', '/entries', '/grants'];
  t.match(body, { code: 'NOT_YOUR_ROLE', article: 'R36', problems: paths.map((path) => ({ path })) });
  bus.tokens.set('deng', first.body.token);
  const { notices } = await bus.read('deng', '/v1/notices?limit=1000');
  const attempts = notices.filter(({ kind }: Body) => kind === 'refused_attempt');
  t.equal(attempts.length, 5, 'each attempt to appoint is a notice, in a bundle as well');
});

async function partiesRefused(t: Test, bus: LawfulBus): Promise<void> {
  const department = { ...(PARTIES[0] as object), id: 'x', competent: false };
  const company = { ...department, creditCode: '91350000MB00000016' };
  const refused: [object, string, string, string][] = [
    [company, '/creditCode', 'NOT_A_PARTY', 'R2'],
    [{ ...department, type: 'company' }, '/type', 'NOT_A_PARTY', 'R2'],
    [{ ...department, type: 'authorised_org' }, '/empoweringProvision', 'NOT_A_PARTY', 'R2'],
    [{ ...department, type: undefined }, '/type', 'INCOMPLETE', 'R43'],
    [{ ...department, creditCode: undefined }, '/creditCode', 'INCOMPLETE', 'R2'],
    [{ ...department, level: 'township', competent: true }, '/competent', 'BUNDLE_INVALID', 'R30'],
  ];
  for (const [party, path, code, article] of refused) {
    const { body } = await bus.as('pan', 'POST', '/v1/parties', party);
    t.match(body.problems, [{ path, code, article }], `${code} ${path}`);
  }
  t.match(await bus.as('pan', 'POST', '/v1/bundles', { parties: [company] }), {
    status: 422,
    body: { code: 'BUNDLE_INVALID', article: 'R2' },
  });
}

async function treeKept(t: Test, bus: LawfulBus): Promise<void> {
  const [registered] = PARTIES as { id: string }[];
  const department = { ...registered, id: 'x', competent: true };
  const city = { ...department, level: 'city', regionCode: '350200' };
  const second = await bus.as('pan', 'POST', '/v1/parties', department);
  t.match(second, { status: 400, body: { problems: [{ path: '/competent', code: 'BAD_REQUEST', article: 'R8' }] } });
  const bundles: [object[], object][] = [
    [[department], { article: 'R8', problems: [/competent: fujian-data-bureau is/] }],
    [[city, { ...city, id: 'y' }], { article: 'R8', problems: [/competent: x is/] }],
    [[{ ...city, competent: false }, city], { problems: [/^parties\.1\.id: /] }],
    [[{ ...registered, competent: false }], { problems: [/competent: stays as it was registered/] }],
    [[{ ...registered, superior: 'y' }], { problems: [/superior: stays as it was registered/] }],
  ];
  const { files } = await bus.read('pan', '/v1/parties?limit=1000');
  for (const [parties, problem] of bundles) {
    const expected = { status: 422, body: { code: 'BUNDLE_INVALID', ...problem } };
    t.match(await bus.as('pan', 'POST', '/v1/bundles', { parties }), expected);
  }
  t.strictSame((await bus.read('pan', '/v1/parties?limit=1000')).files, files, 'nothing of them is registered');
  t.match(await bus.act('pan', '/v1/bundles', { parties: PARTIES }), { create: [], update: [] });
}

t.test('appointments are refused with the field, the reason and the article', async (t) => {
  const bus = await foundLawfulBus(t);
  const appoint = (body: object) => bus.as('gao', 'POST', '/v1/officers', body);
  const name = { en: 'n' };
  t.match(await appoint({ id: 'a', name, roles: ['administrator', 'body_head'] }), {
    status: 403,
    body: { code: 'FOUR_EYES', article: 'R36', problems: [{ path: '/roles' }] },
  });
  t.match(await appoint({ id: 'a', name, roles: ['reviewer'], party: D }), {
    status: 400,
    body: { code: 'BAD_REQUEST', problems: [{ path: '/party' }] },
  });
  t.match(await appoint({ roles: ['reviewer'] }), {
    status: 422,
    body: { code: 'INCOMPLETE', problems: [{ path: '/id' }, { path: '/name' }] },
  });
  t.match(await bus.as('lin', 'POST', '/v1/officers', { id: 'a', name, roles: ['reviewer'] }), {
    status: 403,
    body: { code: 'NOT_YOUR_ROLE', article: 'R11' },
  });
  t.match(await bus.as('du', 'GET', '/v1/officers/zhao'), { status: 404, body: { code: 'NOT_FOUND' } });
  t.match(await bus.as('gao', 'POST', '/v1/bodies', { name, contact: 'c', head: 'rui' }), {
    status: 409,
    body: { code: 'NO_BODY_HEAD', article: 'R11' },
  });
  const contract = { contractor: 'c', number: '1', approval: '2', from: '2025-12-01', to: '2026-12-31' };
  t.match(await bus.as('gao', 'POST', '/v1/contracts', { ...contract, systems: ['maternal-health'] }), {
    status: 400,
    body: { code: 'BAD_REQUEST', problems: [{ path: '/systems/0' }] },
  });
  await bus.act('gao', '/v1/officers/rui/leave');
  t.match(await bus.as('rui', 'GET', '/v1/clock'), { status: 401 }, 'who has left is not known any more');
  t.match(await bus.read('su', '/v1/systems?document=true'), {
    files: [{ id: 'civil-registry', state: 'in_use', document: { party: P } }],
    systems: [{ id: 'civil-registry', hasToken: true }],
  });
});

t.test(
  'an act with an idempotency key is done once, and a stale sequence is refused with the file as it is',
  async (t) => {
    const bus = await foundLawfulBus(t);
    const body = { id: 'ma2', name: { en: 'ma' }, roles: ['reviewer'] };
    const key = { 'idempotency-key': 'k-1' };
    const first = await bus.as('gao', 'POST', '/v1/officers', body, key);
    const again = await bus.as('gao', 'POST', '/v1/officers', body, key);
    t.equal(again.status, 201);
    t.strictSame(again.body, first.body, 'the token as well');
    t.equal(again.headers.get('idempotent-replayed'), 'true');
    t.match(await bus.as('gao', 'POST', '/v1/officers', { ...body, id: 'other' }, key), {
      status: 409,
      body: { code: 'KEY_REUSED' },
    });
    const party = { ...(PARTIES[1] as Body), id: 'fuzhou-health', creditCode: '11350100MB0001099A' };
    const registered = await bus.as('pan', 'POST', '/v1/bundles', { parties: [party] }, key);
    const replayed = await bus.as('pan', 'POST', '/v1/bundles', { parties: [party] }, key);
    t.match(registered.body, { create: ['party fuzhou-health'] });
    t.strictSame(replayed.body, registered.body, 'a bundle as well');
    t.equal(replayed.headers.get('idempotent-replayed'), 'true');
    t.match(await bus.as('gao', 'POST', '/v1/officers/ma2/leave', {}, { 'if-match': '"1"' }), {
      status: 409,
      body: {
        code: 'STALE',
        problems: [{ path: '', code: 'STALE' }],
        current: { id: 'ma2', state: 'in_office', seq: first.body.seq },
      },
    });
  },
);

t.test('a calendar is refused with every fault, and a dry run changes nothing', async (t) => {
  const bus = await foundLawfulBus(t);
  const twice = { region: '000000', year: 2027, document: ' ', off: ['2027-01-01'], on: ['2027-01-01', '2026-01-03'] };
  const refused = await bus.as('huang', 'POST', '/v1/calendars', twice);
  t.match(refused, { status: 422, body: { code: 'CALENDAR_INVALID' } });
  t.ok(refused.body.problems.length >= 3, 'all of them at once');
  t.match(await bus.as('huang', 'POST', '/v1/calendars', { ...twice, region: '35' }), {
    status: 400,
    body: { code: 'BAD_REQUEST', problems: [{ path: '/region' }] },
  });
  const { region: _, ...nowhere } = CALENDARS[1] as { region: string };
  t.match(await bus.as('huang', 'POST', '/v1/calendars', nowhere), {
    status: 422,
    body: { code: 'INCOMPLETE', problems: [{ path: '/region' }] },
  });
  const next = { ...(CALENDARS[1] as object), document: '国办发明电〔2026〕1号' };
  t.match(await bus.as('huang', 'POST', '/v1/calendars?dryRun=true', next), {
    status: 200,
    body: { id: 'cn@2026.2', recomputed: [] },
  });
  t.match(await bus.read('huang', '/v1/clock'), { calendarVersions: ['cn@2025.1', 'cn@2026.1'] });
  t.match(await bus.act('huang', '/v1/calendars', next), { id: 'cn@2026.2', state: 'in_force' });
  t.match(await bus.read('gao', '/v1/calendars/cn@2026.1'), { state: 'superseded' });
});

t.test('the test clock takes moments by the letter of RFC 3339, a leap second too', async (t) => {
  const bus = await foundLawfulBus(t);
  const set = (now: string) => bus.as('pan', 'POST', '/v1/clock', { now });
  const { now: before } = await bus.read('pan', '/v1/clock');
  for (const now of [
    '2026-06-01 10:00:00Z',
    '2026-06-01\n10:00:00Z',
    '2026-06-01T10:00:00+0800',
    '2026-06-01T10:00:00+08',
    '2026-06-01T10:00:60Z',
    '2026-06-01T10:00:00',
    '2026-06-01',
  ]) {
    const refused = { status: 400, body: { code: 'BAD_REQUEST', problems: [{ path: '/now' }] } };
    t.match(await set(now), refused, JSON.stringify(now));
  }
  t.ok((await bus.read('pan', '/v1/clock')).now < `${before.slice(0, 10)}T23`, 'the time of the bus has not moved');
  t.match(await set('2026-06-30T23:59:60Z'), { status: 200, body: { now: /^2026-07-01T08:00:00/ } });
});
