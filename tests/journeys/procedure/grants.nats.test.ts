import t, { type Test } from 'tap';
import type { Item } from '../../../proto/entry/entry.js';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import type { Body, LawfulBus } from '../../support/lawful/lawful-bus.js';
import { storePaper } from '../../support/lawful/papers.js';
import { D, P } from '../../support/lawful/people.js';
import { BIRTH, busWithEntries } from '../../support/lawful/published-entries.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';

const clockOf = (answer: Body, id: string): Body => answer.clocks.findLast((clock: Body) => clock.id === id);
const HEALTH = ['wu', 'xu'] as const;

async function grantFor(bus: LawfulBus): Promise<string> {
  const { id } = await fileApplication(bus, HEALTH, applicationFor(BIRTH, 'maternal-health'));
  const { grant } = await bus.act('lin', `/v1/applications/${id}/approve`, {
    items: ['idNumber', 'birthDate', 'address'],
    leftOut: [],
  });
  return grant;
}

async function birth(bus: LawfulBus, id: string, more: object = {}): Promise<void> {
  const token = bus.tokens.get('civil-registry') as string;
  const event = {
    specversion: '1.0',
    id,
    type: BIRTH.id,
    op: 'create',
    data: { idNumber: id, birthDate: '2026-01-13', ...more },
  };
  await publishBatch({ url: bus.url, token }, [event as never]);
}

/** Pulls a page and acknowledges it; the ids that it held. */
async function follow(bus: LawfulBus, grant: string): Promise<string[]> {
  const page = await fetch(`${bus.url}/v1/grants/${grant}/events?cursor=main`, {
    headers: { authorization: `Bearer ${bus.tokens.get('maternal-health')}` },
  });
  const lines = (await page.text())
    .split('\n')
    .filter(Boolean)
    .map((line): Body => JSON.parse(line));
  const events = lines.filter((line) => line.position !== undefined && line.data);
  const position = events.at(-1)?.position;
  if (position !== undefined) await bus.act('maternal-health', `/v1/grants/${grant}/cursors/main`, { position });
  return events.map(({ data }) => data.idNumber);
}

t.test('a grant is in force with its first delivery, suspended by a case, and disposed of at its end', async (t) => {
  const bus = await busWithEntries(t, [BIRTH]);
  await bus.setClock('2026-02-27T10:00:00+08:00');
  const grant = await grantFor(bus);
  await delivered(t, bus, grant);
  await suspended(t, bus, grant);
  await renewed(t, bus, grant);
  await disposed(t, bus, grant);
});

t.test('a case terminates its grant when nothing was put right in time, and ends with a grant that ends', async (t) => {
  const bus = await busWithEntries(t, [BIRTH]);
  await bus.setClock('2026-02-27T10:00:00+08:00');
  const [first, second] = [await grantFor(bus), await grantFor(bus)];
  await endpointVerified(t, bus, first);
  await endpointVerified(t, bus, second);
  await terminated(t, bus, first);
  await disposedByChoice(t, bus, second);
  await aheadOfRealTime(t, bus);
});

t.test('a backflow returns the rows of a region without an application', async (t) => {
  const entry = { ...BIRTH, backflowItem: 'region', items: [...BIRTH.items, REGION, CLOSED] };
  const bus = await busWithEntries(t, [entry]);
  await bus.setClock('2026-02-27T10:00:00+08:00');
  const items = [{ name: 'idNumber' }, { name: 'region' }];
  const order = { entry: entry.id, system: 'maternal-health', items };
  for (const who of ['lin', 'wu']) {
    const { status, body } = await bus.as(who, 'POST', '/v1/backflows', { rows: {}, conditions: [] });
    t.match({ status, body }, { status: 400, body: { code: 'BAD_REQUEST', article: 'R24' } }, `${who}: as its shape`);
    t.strictSame(body.problems.map(({ path }: Body) => path).sort(), ['/conditions', '/rows']);
  }
  t.match(await bus.as('wu', 'POST', '/v1/backflows', order), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
  const twice = [...items, { name: 'region' }];
  for (const [given, code, path] of [
    [[], 'INCOMPLETE', '/items'],
    [[{ name: 'region' }], 'INCOMPLETE', '/items'],
    [[{ name: 'idNumber', transform: 'mask' }], 'BAD_REQUEST', '/items/0/transform'],
    [[...items, { name: 'birthDate', transform: 'mask' }], 'BAD_REQUEST', '/items/2/transform'],
    [twice, 'BAD_REQUEST', '/items/2/name'],
  ] as const) {
    const refused = { code, article: 'R24', problems: [{ path, code, article: 'R24' }] };
    t.match(
      (await bus.as('lin', 'POST', '/v1/backflows', { ...order, items: given })).body,
      refused,
      `${path} ${code}`,
    );
  }
  const { backflowItem: _, ...narrower } = { ...entry, items: BIRTH.items };
  const put = () => bus.as('chen', 'PUT', `/v1/catalog/${entry.id}`, narrower);
  t.match(await put(), { status: 200, body: { state: 'updating', changed: true } });
  const returned = [...items, { name: CLOSED.name }];
  const { links } = await bus.act('lin', '/v1/backflows', { ...order, items: returned });
  const same = { status: 200, body: { state: 'updating', changed: false } };
  t.match(await put(), same, 'an equal document changes nothing, whatever was granted since');
  const grant = await bus.read('wu', links.grant);
  t.match(grant, { kind: 'backflow', items: returned, rows: { region: { prefix: '35' } }, state: 'provisioning' });
  t.strictSame(grant.period, { from: '2026-02-27' });
  t.match(clockOf(grant, 'D6'), { party: P, due: '2026-03-26' });
  await missing(t, bus, grant.id);
});

/** P5: at the beginning of the 31st day without an event for the receiver, once for each silence, and not while the source has none. */
async function missing(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const violations = async () => {
    const { files } = await bus.read('huang', `/v1/violations?about=${grant}&document=true`);
    return files.filter(({ document }: Body) => document.code === 'P5');
  };
  await bus.setClock('2026-03-31T10:00:00+08:00');
  t.strictSame(await violations(), [], 'the source has no event either');
  await birth(bus, 'elsewhere', { region: '360100' });
  await bus.setClock('2026-03-31T23:59:00+08:00');
  t.strictSame(await violations(), []);
  await bus.setClock('2026-04-01T00:00:00+08:00');
  t.match(await violations(), [{ state: 'open', document: { party: P, about: { kind: 'grants', id: grant } } }]);
  await birth(bus, 'here', { region: '350100' });
  await birth(bus, 'elsewhere again', { region: '360100' });
  await bus.setClock('2026-05-01T23:59:00+08:00');
  t.equal((await violations()).length, 1);
  await bus.setClock('2026-06-15T10:00:00+08:00');
  const [, second] = await violations();
  t.match(second, { document: { facts: /since 2026-04-01/ } });
  const { history } = await bus.read('huang', `/v1/violations/${second.id}`);
  t.match(history, [{ act: 'create', actor: 'bus' }]);
  await bus.setClock('2026-08-15T10:00:00+08:00');
  t.equal((await violations()).length, 2, 'a silence that goes on is no further violation');
}

const REGION = { name: 'region', type: 'string', filterable: true } as const;
/** An item that a law exempts from sharing. */
const CLOSED: Item = {
  name: 'witness',
  type: 'string',
  sharingAttribute: 'not_shared',
  notSharedReason: 'protected by a law',
  legalBasis: [{ rank: 'law', title: 'Law on Witnesses', article: '3' }],
};

/** G3: an open stream of the receiving system is proof enough. */
async function endpointVerified(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const ending = new AbortController();
  const stream = await fetch(`${bus.url}/v1/grants/${grant}/events?cursor=main`, {
    headers: { authorization: `Bearer ${bus.tokens.get('maternal-health')}`, accept: 'text/event-stream' },
    signal: ending.signal,
  });
  t.equal(stream.status, 200);
  t.match(await bus.as('wu', 'POST', `/v1/grants/${grant}/verify-endpoint`), { status: 403 });
  const verified = await bus.act('rui', `/v1/grants/${grant}/verify-endpoint`);
  t.match(verified, { state: 'in_force' });
  t.match(clockOf(verified, 'D6'), { state: 'met' });
  ending.abort();
}

async function terminated(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const made = await bus.act('huang', '/v1/cases', { grant, ground: 'third_party', evidence: 'a leaked list' });
  const path = `/v1/cases/${made.id}`;
  t.match(await bus.as('su', 'POST', '/v1/cases', { grant, ground: 'incident', evidence: 'e' }), {
    status: 409,
    body: { code: 'CONFLICT' },
  });
  t.match(await bus.as('huang', 'POST', `${path}/suspend`), {
    status: 422,
    body: { code: 'NO_REASON', article: 'R27' },
  });
  await bus.act('huang', `${path}/suspend`, { reason: 'a leaked list' });
  t.match(await bus.as('su', 'POST', `${path}/order`, { demands: 'd', due: '2026-03-10' }), {
    status: 403,
    body: { code: 'NOT_YOUR_ROLE' },
  });
  await bus.act('huang', `${path}/order`, { demands: 'explain', due: '2026-03-10' });
  t.match(await bus.as('huang', 'POST', `${path}/terminate`), {
    status: 422,
    body: { code: 'INCOMPLETE', problems: [{ path: '/finding' }, { path: '/reason', code: 'NO_REASON' }] },
  });
  await bus.setClock('2026-03-11T00:00:00+08:00');
  const { files } = await bus.read('huang', `/v1/violations?about=${made.id}&document=true`);
  t.match(files, [{ document: { code: 'Q2', party: D, clock: 'D9' } }]);
  const ended = await bus.act('huang', `/v1/grants/${grant}/terminate`);
  t.match(ended, { state: 'disposing' });
  t.match(await bus.read('wu', `/v1/grants/${grant}`), { status: 'terminated' });
  t.match(await bus.read('wu', path), { state: 'terminated' });
  t.match(clockOf(await bus.read('wu', path), 'D9'), { state: 'late' });
}

/** A clock that is set ahead is no clock of the store: what was accepted since the period began is delivered. */
async function aheadOfRealTime(t: Test, bus: LawfulBus): Promise<void> {
  await bus.setClock('2090-03-01T10:00:00+08:00');
  const period = { from: '2090-03-01', to: '2090-12-31' };
  const { id } = await fileApplication(bus, HEALTH, applicationFor(BIRTH, 'maternal-health', { period }));
  const reply = { items: ['idNumber', 'birthDate', 'address'], leftOut: [] };
  const { grant } = await bus.act('lin', `/v1/applications/${id}/approve`, reply);
  await birth(bus, 'later');
  t.strictSame(await follow(bus, grant), ['later']);
}

async function disposedByChoice(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const { id } = await bus.act('su', '/v1/cases', { grant, ground: 'incident', evidence: 'e' });
  t.match(await bus.as('xu', 'POST', `/v1/grants/${grant}/dispose`, { reason: 'tired' }), {
    status: 422,
    body: { code: 'NO_REASON', article: 'R27' },
  });
  const ended = await bus.act('xu', `/v1/grants/${grant}/dispose`, { reason: 'reached' });
  t.match(ended, { state: 'disposing', kind: 'applied' });
  t.match(clockOf(ended, 'T27'), { due: '2026-04-10' });
  t.match(await bus.read('wu', `/v1/grants/${grant}`), { status: 'terminated' });
  t.match(await bus.read('su', `/v1/cases/${id}`), { state: 'terminated' });
}

/** Steps 15 and 17. */
async function delivered(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const path = `/v1/grants/${grant}`;
  const made = await bus.read('wu', path);
  t.match(made, {
    status: 'provisioning',
    state: 'provisioning',
    kind: 'applied',
    file: { kind: 'grants', id: grant },
  });
  t.match(clockOf(made, 'D6'), { due: '2026-03-26', state: 'running', party: P });
  t.match(clockOf(made, 'R23.D6'), { state: 'running' });
  t.match(made.history, [{ act: 'create', actor: 'bus', role: 'bus', calendar: 'cn@2026.1' }]);
  t.match(await bus.as('lin', 'POST', '/v1/grants', {}), { status: 403, body: { code: 'TRIAL_ONLY', article: 'R32' } });
  t.match(await bus.as('tan', 'GET', path), { status: 404, body: { code: 'NOT_FOUND' } });
  t.match(await bus.as('lin', 'POST', `${path}/verify-endpoint`), {
    status: 409,
    body: { code: 'NOT_DELIVERED', article: 'R22' },
  });
  t.match(await bus.as('su', 'POST', `${path}/suspend`, { reason: 'r' }), {
    status: 409,
    body: { code: 'WRONG_STATE' },
  });
  await bus.setClock('2026-03-02T10:00:00+08:00');
  await birth(bus, 'one');
  await bus.act('maternal-health', `${path}/cursors/other`, { position: 1 });
  t.match(await bus.read('wu', path), { state: 'provisioning' }, 'nothing was sent that could be acknowledged');
  t.strictSame(await follow(bus, grant), ['one']);
  const proven = await bus.read('lin', path);
  t.match(proven, { state: 'in_force', status: 'in_force' });
  t.match(clockOf(proven, 'D6'), { state: 'met' });
  t.match((await bus.read('lin', '/v1/grants')).grants, [
    { id: grant, kind: 'applied', state: 'in_force', entry: BIRTH.id },
  ]);
  t.match((await bus.read('maternal-health', '/v1/grants')).grants, [{ id: grant, status: 'in_force' }]);
}

/** Steps 22 and 23. */
async function suspended(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const path = `/v1/grants/${grant}`;
  await bus.setClock('2026-08-10T22:05:00+08:00');
  t.match(await bus.as('xu', 'POST', `${path}/suspend`, { reason: 'r' }), {
    status: 403,
    body: { code: 'NOT_YOUR_ROLE', article: 'R11' },
  });
  t.match(await bus.as('su', 'POST', `${path}/suspend`), { status: 422, body: { code: 'NO_REASON', article: 'R27' } });
  const made = await bus.act('su', `${path}/suspend`, { reason: 'credentials leaked' });
  t.match(made, { state: 'suspended', kind: 'applied' });
  const { case: address } = made.links;
  const seen = await bus.read('sun', address);
  t.match(seen, { state: 'suspended', document: { ground: 'incident' } });
  const by = { actor: 'officer:su', role: 'security_officer' };
  t.match(seen.history, [by, { act: 'suspend', ...by }], 'both acts are of the officer, by the same role');
  t.match(await bus.as('maternal-health', 'GET', `${path}/events?cursor=main`), { status: 403 });
  t.match(await bus.as('su', 'POST', '/v1/cases', { grant, ground: 'incident', evidence: 'e' }), {
    status: 409,
    body: { code: 'WRONG_STATE', problems: [{ path: '/grant' }, { code: 'CONFLICT', path: '/grant' }] },
  });
  await bus.setClock('2026-08-11T10:00:00+08:00');
  t.match(await bus.as('su', 'POST', `${address}/order`, { demands: 'd', due: '2026-08-11' }), {
    status: 400,
    body: { code: 'BAD_REQUEST', problems: [{ path: '/due' }] },
  });
  t.match(await bus.as('huang', 'POST', `${address}/order`, { demands: 'd', due: '2026-08-21' }), { status: 403 });
  const ordered = await bus.act('su', `${address}/order`, { demands: 'renew tokens', due: '2026-08-21' });
  t.match(clockOf(ordered, 'D9'), { due: '2026-08-21', party: D, state: 'running' });
  await birth(bus, 'missed', { address: 'never delivered' });
  await bus.setClock('2026-08-19T10:00:00+08:00');
  const attachments = [await storePaper(bus, 'sun', 'report')];
  const { seq: proof } = await bus.act('sun', `${address}/prove`, { statement: 'renewed', attachments });
  const proven = await bus.read('su', address);
  t.match(proven.history.at(-1), { act: 'prove', seq: proof });
  await bus.setClock('2026-08-20T10:00:00+08:00');
  const restore = { proof: proof - 1, missed: 'skip' };
  t.match(await bus.as('su', 'POST', `${address}/restore`, restore), {
    status: 409,
    body: { code: 'WRONG_STATE', problems: [{ path: '/proof' }] },
  });
  const restored = await bus.act('su', `${address}/restore`, { ...restore, proof });
  t.match(restored, { state: 'restored' });
  t.match(clockOf(restored, 'D9'), { state: 'met' });
  t.match(await bus.read('wu', path), { state: 'in_force', status: 'in_force' });
  await skipped(t, bus, path);
  await neverUsed(t, bus, grant, 'what was acknowledged before the suspension was used');
  await birth(bus, 'after');
  t.strictSame(await follow(bus, grant), ['after'], 'what was accepted meanwhile is never delivered');
}

/** No cursor is shown behind by what is never delivered. */
async function skipped(t: Test, bus: LawfulBus, path: string): Promise<void> {
  const { cursors, end } = await bus.read('maternal-health', `${path}/cursors`);
  t.match(cursors, [{ position: end }, { position: end }]);
}

async function neverUsed(t: Test, bus: LawfulBus, grant: string, message: string): Promise<void> {
  const { id } = await bus.act('wu', `/v1/grants/${grant}/renew`, {});
  t.strictSame((await bus.read('wu', `/v1/applications/${id}`)).document.neverUsed, ['address'], message);
}

/** Step 28: what was never used is left out of the next application. */
async function renewed(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  t.match(await bus.as('lin', 'POST', `/v1/grants/${grant}/renew`, {}), {
    status: 403,
    body: { code: 'NOT_YOUR_ROLE' },
  });
  const key = { 'idempotency-key': 'renew' };
  const draft = await bus.as('wu', 'POST', `/v1/grants/${grant}/renew`, {}, key);
  t.match(await bus.as('wu', 'POST', `/v1/grants/${grant}/renew`, { more: 1 }, key), { body: { code: 'KEY_REUSED' } });
  t.match(draft, { status: 201, body: { state: 'draft', kind: 'applications' } });
  const { document } = await bus.read('wu', `/v1/applications/${draft.body.id}`);
  t.strictSame(document.neverUsed, ['address']);
  t.strictSame(document.items, [{ name: 'idNumber' }, { name: 'birthDate' }]);
  t.match(document, { period: undefined, scenario: 'vaccination calendar', system: 'maternal-health' });
}

/** Steps 28 and 29. */
async function disposed(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const path = `/v1/grants/${grant}`;
  const kept = await bus.act('wu', '/v1/use-records', { grant, kind: 'scenario', text: 'vaccination calendar' });
  t.match(await bus.as('wu', 'POST', `/v1/use-records/${kept.id}/remove`), {
    status: 409,
    body: { code: 'RECORD_LOCKED', article: 'R29' },
  });
  await bus.setClock('2027-01-01T00:00:00+08:00');
  const ended = await bus.read('wu', path);
  t.match(ended, { state: 'disposing', status: 'expired', disposalRequirement: { withinDays: 30 } });
  t.match(clockOf(ended, 'D8'), { due: '2030-01-01', state: 'running' });
  await neverUsed(t, bus, grant, 'a grant that is over is renewed too, without what was skipped');
  t.match(clockOf(ended, 'T27'), { due: '2027-01-31', state: 'running' });
  const ofUse = await bus.read('su', `/v1/use-records/${kept.id}`);
  t.match(ofUse, { document: { lockedUntil: '2030-01-01' } });
  t.match(
    ofUse.history.at(-1),
    { act: 'read', actor: 'officer:su', role: 'security_officer', to: 'kept' },
    'each reading is on record',
  );
  await bus.setClock('2027-01-11T10:00:00+08:00');
  const attachments = [await storePaper(bus, 'sun', 'protocol')];
  const proof = { method: 'destroyed', statement: 'all copies', attachments };
  t.match(await bus.as('sun', 'POST', `${path}/prove-disposal`, proof), {
    status: 422,
    body: { code: 'INCOMPLETE', article: 'R27', problems: [{ path: '' }] },
  });
  t.match(await bus.as('su', 'POST', `${path}/accept-disposal`), { status: 422, body: { code: 'INCOMPLETE' } });
  const last = await bus.act('sun', '/v1/use-records', { grant, kind: 'destruction', text: 'shredded' });
  t.match((await bus.read('sun', `/v1/use-records/${last.id}`)).document, { lockedUntil: '2030-01-11' });
  const proven = await bus.act('sun', `${path}/prove-disposal`, proof);
  t.match(clockOf(proven, 'T27'), { state: 'met' });
  t.match(proven.proof, { seq: proven.seq }, 'the answer shows what is to be accepted');
  const { proof: open } = await bus.read('su', path);
  t.match(open, { seq: proven.seq, method: 'destroyed' });
  const again = await bus.act('su', `${path}/reject-disposal`, { reason: 'no date' });
  t.match(clockOf(again, 'T27'), { state: 'running', due: '2027-01-31', doneAt: undefined });
  await bus.act('sun', `${path}/prove-disposal`, proof);
  t.match(await bus.as('su', 'POST', `${path}/accept-disposal`, { digest: '0'.repeat(64) }), {
    status: 422,
    body: { code: 'DIGEST_DIFFERS', article: 'R42' },
  });
  const { proof: newest } = await bus.read('su', path);
  t.match(await bus.act('su', `${path}/accept-disposal`, { digest: newest.digest }), { state: 'closed' });
  t.match(await bus.read('wu', path), { status: 'expired' });
  await bus.setClock('2030-01-02T10:00:00+08:00');
  await removed(t, bus, kept.id);
  t.match(clockOf(await bus.read('wu', path), 'D8'), { state: 'met' });
}

/** A removed record is still shown, and is removed once. */
async function removed(t: Test, bus: LawfulBus, id: string): Promise<void> {
  const path = `/v1/use-records/${id}`;
  t.match(await bus.act('wu', `${path}/remove`), { state: 'removed', next: [] });
  t.match(await bus.as('wu', 'POST', `${path}/remove`), { status: 409, body: { code: 'WRONG_STATE' } });
  const shown = await bus.read('su', path);
  t.match(shown, { state: 'removed', document: { lockedUntil: '2030-01-01' } });
  t.match(
    shown.history.filter(({ act }: Body) => act !== 'read'),
    [{ act: 'create' }, { act: 'grant-ended' }, { act: 'remove', from: 'kept', to: 'removed' }],
  );
  t.match((await bus.read('wu', '/v1/use-records?state=removed')).files, [{ id, state: 'removed' }]);
}
