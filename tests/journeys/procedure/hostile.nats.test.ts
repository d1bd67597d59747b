import t, { type Test } from 'tap';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import { BIRTH, BIRTH_ID, publishEntries, REGION, REGION_ID } from '../../support/lawful/entries.js';
import { type Body, foundLawfulBus, type LawfulBus } from '../../support/lawful/lawful-bus.js';
import { storePaper } from '../../support/lawful/papers.js';
import { CD, D, P } from '../../support/lawful/people.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';

/** Stands in a paper, in a draft and in an event; no answer to an outsider may hold it. */
const SECRET = 'what no outsider reads';

/** Calls that the platform operator may make with a credential; the others of the document need none. */
const OPERATOR_MAY = [
  'GET /metrics/grants',
  'GET /v1/clock',
  'GET /v1/lag',
  'GET /v1/parties',
  'GET /v1/parties/{id}',
  'GET /v1/procedures',
  'GET /v1/store',
  'GET /v1/whoami',
  'POST /v1/bundles',
  'POST /v1/clock',
  'POST /v1/parties',
  'POST /v1/parties/{id}/change',
  'GET /v1/keys',
  'GET /v1/stops',
  'GET /v1/stops/{id}',
  'POST /v1/stops',
  'POST /v1/stops/{id}/lift',
];
const CONTRACTOR_MAY = [
  'GET /v1/accesses/{id}',
  'GET /v1/accesses/{id}/events',
  'POST /v1/accesses',
  'POST /v1/accesses/{id}/end',
  'GET /v1/clock',
  'GET /v1/keys',
  'GET /v1/procedures',
  'GET /v1/whoami',
];

interface Operation {
  security: object[];
  requestBody?: { content: Record<string, { example?: unknown }> };
}

/** A bus with a file of most kinds; kind → id. */
async function busWithFiles(t: Test): Promise<{ bus: LawfulBus; ids: Map<string, string>; paper: string }> {
  const bus = await foundLawfulBus(t);
  await publishEntries(bus);
  const update = { ...REGION, abstract: SECRET };
  await bus.as('chen', 'PUT', `/v1/catalog/${REGION_ID}`, update);
  const data = { idNumber: 'one', birthDate: '2026-01-13', address: SECRET };
  const event = { specversion: '1.0', id: 'one', type: BIRTH_ID, op: 'create', data };
  await publishBatch({ url: bus.url, token: bus.tokens.get('civil-registry') as string }, [event as never]);
  const paper = await storePaper(bus, 'wu', SECRET);
  const application = applicationFor(BIRTH, 'maternal-health', { attachments: [paper] });
  const granted = await fileApplication(bus, ['wu', 'xu'], application);
  const reply = { items: BIRTH.items.map(({ name }: Body) => name), leftOut: [] };
  const { grant } = await bus.act('lin', `/v1/applications/${granted.id}/approve`, reply);
  const open = await fileApplication(bus, ['wu', 'xu'], application);
  const contract = { contractor: 'c', number: '1', approval: 'a', from: '2025-12-01', to: '2026-12-31', systems: [] };
  const { id: contractId } = await bus.act('gao', '/v1/contracts', contract);
  const officer = { id: 'ma', name: { en: 'ma' }, roles: ['contractor'], contract: contractId };
  bus.tokens.set('ma', (await bus.act('gao', '/v1/officers', officer)).token);
  const access = { contract: contractId, entry: BIRTH_ID, reason: 'a fault', hours: 1 };
  const { id: accessId } = await bus.act('ma', '/v1/accesses', access);
  const demand = { title: 'births', items: ['a'], dutyBasis: 'b', scenario: 's' };
  const { id: demandId } = await bus.act('wu', '/v1/demands', demand);
  const consent = { kind: 'standing', entry: REGION_ID, until: '2026-12-31' };
  const { id: consentId } = await bus.act('lin', '/v1/consents', consent);
  const { id: useId } = await bus.act('wu', '/v1/use-records', { grant, kind: 'storage', text: SECRET });
  const { files: bodies } = await bus.read('huang', '/v1/bodies');
  const ids = new Map([
    ...([
      ['catalog', REGION_ID],
      ['applications', open.id],
      ['grants', grant],
      ['contracts', contractId],
    ] as const),
    ...([
      ['accesses', accessId],
      ['demands', demandId],
      ['consents', consentId],
      ['use-records', useId],
    ] as const),
    ...([
      ['parties', P],
      ['officers', 'lin'],
      ['systems', 'civil-registry'],
      ['calendars', 'cn@2026.1'],
    ] as const),
    ...([['bodies', bodies[0].id]] as const),
  ]);
  return { bus, ids, paper };
}

/** Records behind a sequence, as kind and act. */
async function recordsAfter(bus: LawfulBus, after: number): Promise<string[]> {
  const { records } = await bus.read('guo', `/v1/ledger?after=${after}&limit=1000`);
  return records.map(({ kind, act, id }: Body) => (kind === 'receipts' ? 'receipts' : `${kind} ${act} ${id}`));
}

async function headOf(bus: LawfulBus): Promise<number> {
  let after = 0;
  for (;;) {
    const { records } = await bus.read('guo', `/v1/ledger?after=${after}&limit=1000`);
    if (records.length === 0) return after;
    after = records.at(-1).seq;
  }
}

t.test('outsiders and officers without the role', async (t) => {
  const { bus, ids, paper } = await busWithFiles(t);
  await t.test('a platform operator and a contractor sign nothing and read nothing', (t) =>
    outsiders(t, bus, ids, paper),
  );
  await t.test('an officer with every role but those of an act performs none', (t) => tooFew(t, bus, ids));
  await t.test('a grant of others that a request names is refused like one that does not exist', (t) =>
    namedGrants(t, bus, ids.get('grants') as string),
  );
  await t.test('an auditor reads of other departments neither records nor cursors nor who received what', (t) =>
    auditors(t, bus, ids.get('grants') as string),
  );
  await t.test('text that no signature can be over is refused with its path, in every field', (t) =>
    halfPairs(t, bus, ids.get('applications') as string),
  );
});

/** A stranger learns from no act whether a grant is there. */
async function namedGrants(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const calls: [string, (id: string) => object][] = [
    ['/v1/cases', (id) => ({ grant: id, ground: 'incident', evidence: 'e' })],
    ['/v1/use-records', (id) => ({ grant: id, kind: 'storage', text: 't' })],
    ['/v1/consents', (id) => ({ kind: 'onward', grant: id, purpose: 'p', items: ['x'], until: '2027-01-01' })],
  ];
  for (const [path, body] of calls) {
    for (const who of ['tan', 'tao', 'teng']) {
      const [foreign, none] = await Promise.all(
        [grant, 'gr-000000000000'].map((id) => bus.as(who, 'POST', path, body(id))),
      );
      t.match(foreign, { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R11' } }, `${who} ${path}`);
      t.same(none?.body, foreign?.body, `${who} ${path}`);
    }
  }
}

async function auditors(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  for (const [who, by] of [
    ['tod', 'tian'],
    ['pat', 'gao'],
  ] as const) {
    const officer = { id: who, name: { en: who }, roles: ['auditor'] };
    bus.tokens.set(who, (await bus.act(by, '/v1/officers', officer)).token);
  }
  const none = 'gr-000000000000';
  const hasSeries = async (who: string): Promise<boolean> =>
    (await (await fetch(`${bus.url}/metrics/grants`, withToken(bus, who))).text()).includes(grant);
  for (const path of [`/v1/grants/${grant}/cursors`, `/v1/lag?grant=${grant}`]) {
    const foreign = await bus.as('tod', 'GET', path);
    t.match(foreign, { status: 404, body: { code: 'UNKNOWN_GRANT' } }, path);
    const made = JSON.stringify((await bus.as('tod', 'GET', path.replace(grant, none))).body);
    t.equal(JSON.stringify(foreign.body).replaceAll(grant, none), made, path);
    t.match(await bus.as('pat', 'GET', path), { status: 200 }, 'the provider sees its own');
  }
  const received = `/v1/disclosures?entry=${BIRTH_ID}&subject=one`;
  const refused = { status: 403, body: { code: 'NOT_ALLOWED' } };
  t.match(await bus.as('tod', 'GET', received), refused);
  for (const who of ['tod', 'pat']) {
    t.match(await bus.as(who, 'GET', '/v1/ledger?kind=application'), refused, 'it holds what no other party reads');
    t.match(await bus.as(who, 'GET', '/v1/ledger/verify'), { status: 200 });
  }
  for (const who of ['pat', 'guo']) t.match(await bus.as(who, 'GET', received), { status: 200 });
  t.match(await bus.as('guo', 'GET', '/v1/ledger?kind=application'), { status: 200 });
  t.same(await Promise.all(['tod', 'pat', 'guo'].map(hasSeries)), [false, true, true]);
}

const withToken = (bus: LawfulBus, who: string): RequestInit => ({
  headers: { authorization: `Bearer ${bus.tokens.get(who)}` },
});

async function halfPairs(t: Test, bus: LawfulBus, application: string): Promise<void> {
  const half = '\ud83d';
  const title = { zh: half, en: `x${half}` };
  const calls: [string, 'POST' | 'PUT', string, object, string[]][] = [
    ['wu', 'POST', '/v1/demands', { title, items: ['a', half] }, ['/title/zh', '/title/en', '/items/1']],
    ['chen', 'PUT', `/v1/catalog/${P}.half`, { ...BIRTH, id: `${P}.half`, abstract: half }, ['/abstract']],
    ['lin', 'POST', `/v1/applications/${application}/refuse`, { code: 'security', reason: half }, ['/reason']],
    ['lin', 'POST', `/v1/applications/${application}/refuse`, { [half]: 1 }, ['']],
  ];
  for (const [who, method, path, body, paths] of calls) {
    const problems = paths.map((one) => ({ path: one, code: 'BAD_REQUEST' }));
    const refused = { status: 400, body: { code: 'BAD_REQUEST', problems } };
    t.match(await bus.as(who, method, path, body), refused, `${path} ${paths}`);
  }
  t.match(await bus.read('lin', `/v1/applications/${application}`), { state: 'filed' });
}

async function outsiders(t: Test, bus: LawfulBus, ids: ReadonlyMap<string, string>, paper: string): Promise<void> {
  const { paths } = (await (await fetch(`${bus.url}/docs/json`)).json()) as {
    paths: Record<string, Record<string, Operation>>;
  };
  const calls = Object.entries(paths).flatMap(([path, operations]) =>
    Object.entries(operations)
      .filter(([, { security }]) => security.length > 0)
      .map(([method, operation]) => ({ method: method.toUpperCase(), path, operation })),
  );
  const before = await headOf(bus);
  for (const [who, may] of [
    ['pan', OPERATOR_MAY],
    ['ma', CONTRACTOR_MAY],
  ] as const) {
    const forbidden = calls.filter(({ method, path }) => !may.includes(`${method} ${path}`));
    t.ok(forbidden.length < calls.length - 5, `${who} may call what is given`);
    for (let from = 0; from < forbidden.length; from += AT_ONCE) {
      const some = forbidden.slice(from, from + AT_ONCE);
      await Promise.all(some.map((call) => refusedOutside(t, bus, who, { ...call, ids, paper })));
    }
  }
  await malformed(t, bus);
  const records = await recordsAfter(bus, before);
  t.ok(records.length > 200, 'each attempt is on record');
  t.same([...new Set(records)], ['notice refused-attempt refused-attempts'], 'and nothing else');
}

/** A caller who may not make a request does not learn which of its parts are wrong. */
async function malformed(t: Test, bus: LawfulBus): Promise<void> {
  const json = { 'content-type': 'application/json' };
  const attempts: [string, string, object, string?][] = [
    ['POST', '/v1/applications', json, '{'],
    ['POST', '/v1/applications', json, '[]'],
    ['POST', '/v1/applications/ap-x/approve', { 'content-type': 'text/x-other' }, 'x'],
    ['POST', '/v1/cases', { ...json, 'if-match': 'x' }, '{}'],
    ['POST', '/v1/officers', { ...json, 'idempotency-key': 'x'.repeat(300) }, '{}'],
    ['POST', '/v1/calendars?dryRun=perhaps', json, '{}'],
    ['POST', '/v1/demands', json, `"${'x'.repeat(2 * 1024 * 1024)}"`],
    ['PUT', `/v1/catalog/${BIRTH_ID}`, json, '{'],
    ['GET', '/v1/applications?limit=x', {}],
    ['GET', '/v1/catalog?state=draft&other=1', {}],
    ['GET', '/v1/notices?limit=0', {}],
    ['GET', '/v1/desk?other=1', {}],
  ];
  for (const who of ['pan', 'ma']) {
    for (const [method, path, headers, body] of attempts) {
      const authorization = `Bearer ${bus.tokens.get(who)}`;
      const init = { method, headers: { authorization, ...headers }, ...(body !== undefined && { body }) };
      const answer = await fetch(`${bus.url}${path}`, init);
      const expected = { status: 403, code: 'NOT_YOUR_ROLE', article: 'R36' };
      t.match(await answer.json(), expected, `${who} ${method} ${path} ${body?.slice(0, 8)}`);
    }
  }
}

const AT_ONCE = 8;

interface OutsideCall {
  method: string;
  path: string;
  operation: Operation;
  ids: ReadonlyMap<string, string>;
  paper: string;
}

async function refusedOutside(
  t: Test,
  bus: LawfulBus,
  who: string,
  { method, path, operation, ids, paper }: OutsideCall,
): Promise<void> {
  const [[type, { example }] = ['', {}]] = Object.entries(operation.requestBody?.content ?? {});
  const authorization = `Bearer ${bus.tokens.get(who)}`;
  const answer = await fetch(`${bus.url}${addressOf(path, ids, paper)}`, {
    method,
    headers: { authorization, ...(example !== undefined && { 'content-type': type }) },
    ...(example !== undefined && { body: typeof example === 'string' ? example : JSON.stringify(example) }),
  });
  const text = await answer.text();
  const what = `${who} ${method} ${path}`;
  t.notMatch(text, SECRET, what);
  const isPayload = path === '/v1/grants/{grant}/events' && who === 'ma';
  const { code, article } = answer.status === 403 ? JSON.parse(text) : { code: answer.status };
  if (code !== (isPayload ? 'BREAK_GLASS' : 'NOT_YOUR_ROLE') || article !== 'R36') {
    t.fail(`${what}: ${answer.status} ${code} ${article}`);
  }
}

/** The address with ids of files that exist, so that a refusal is not for want of one. */
function addressOf(path: string, ids: ReadonlyMap<string, string>, paper: string): string {
  const kind = path.split('/')[2] ?? '';
  const named: Record<string, string> = { entry: BIRTH_ID, grant: ids.get('grants') ?? '', sha256: paper };
  return path.replaceAll(
    /\{(\w+)\}/g,
    (_all, name: string) => named[name] ?? (name === 'id' ? ids.get(kind) : undefined) ?? 'x',
  );
}

/** Roles that one officer may hold together. */
const TOGETHER = [
  'catalog_editor',
  'applicant',
  'reviewer',
  'body_head',
  'department_head',
  'correction_handler',
  'security_officer',
  'auditor',
];
const ADMINISTRATOR_OF: Record<string, string> = { [P]: 'gao', [D]: 'du', [CD]: 'deng' };

interface Row {
  from: string[];
  act: string;
  who: string[];
}

async function tooFew(t: Test, bus: LawfulBus, ids: ReadonlyMap<string, string>): Promise<void> {
  const { machines } = await bus.read('huang', '/v1/procedures');
  const running = machines.filter(({ available }: Body) => available) as { kind: string; transitions: Row[] }[];
  const officers = await Officers.of(bus, running);
  const before = await headOf(bus);
  let attempts = 0;
  for (const { kind, transitions } of running) {
    const id = ids.get(kind);
    for (const act of new Set(transitions.filter(isCalled).map((row) => row.act))) {
      const rows = transitions.filter((row) => row.act === act && isCalled(row));
      const path = act === 'create' ? `/v1/${kind}` : `/v1/${kind}/${id}/${act}`;
      if (act === 'put' || kind === 'violations' || (act !== 'create' && id === undefined)) continue;
      if (act === 'create' && ['catalog', 'grants'].includes(kind)) continue;
      const attempt = async (who: string): Promise<void> => {
        const { status, body } = await bus.as(who, 'POST', path, {});
        attempts++;
        const isRefused = ['NOT_YOUR_ROLE', 'NOT_FOUND', 'WRONG_STATE', 'TRIAL_ONLY'].includes(body.code);
        if (!isRefused) t.fail(`${who} without ${rolesOf(rows)}: POST ${path}: ${status} ${body.code}`);
      };
      await Promise.all(officers.without(rolesOf(rows)).map(attempt));
    }
  }
  t.ok(attempts > 100, `${attempts} attempts`);
  t.same(await recordsAfter(bus, before), [], 'nothing is done and nothing recorded');
}

const isCalled = ({ who }: Row): boolean => who.some((one) => one !== 'bus');
const rolesOf = (rows: readonly Row[]): string =>
  [...new Set(rows.flatMap(({ who }) => who).filter((one) => one !== 'bus'))]
    .map((one) => one.slice(one.indexOf('.') + 1))
    .sort()
    .join();

/** Officers of three departments who hold every role but those of some act. */
class Officers {
  private constructor(private readonly byRoles: ReadonlyMap<string, string[]>) {}

  static async of(bus: LawfulBus, machines: readonly { transitions: Row[] }[]): Promise<Officers> {
    const byRoles = new Map<string, string[]>();
    for (const { transitions } of machines) {
      for (const act of new Set(transitions.filter(isCalled).map((row) => row.act))) {
        const left = rolesOf(transitions.filter((row) => row.act === act && isCalled(row)));
        if (byRoles.has(left)) continue;
        const ids = await Promise.all(
          Object.keys(ADMINISTRATOR_OF).map((party) => appointed(bus, party, left, byRoles.size)),
        );
        byRoles.set(left, ids);
      }
    }
    return new Officers(byRoles);
  }

  without(roles: string): readonly string[] {
    return this.byRoles.get(roles) ?? [];
  }
}

async function appointed(bus: LawfulBus, party: string, left: string, number: number): Promise<string> {
  const all = party === CD ? [...TOGETHER, 'competent_reviewer'] : TOGETHER;
  const roles = all.filter((role) => !left.split(',').includes(role));
  const id = `o${number}-${party.slice(0, 16)}`.replaceAll(/-+$/g, '');
  const { token } = await bus.act(ADMINISTRATOR_OF[party] ?? '', '/v1/officers', { id, name: { en: id }, roles });
  bus.tokens.set(id, token);
  if (roles.includes('department_head') && party !== CD) await bus.act('huang', `/v1/officers/${id}/confirm`);
  return id;
}
