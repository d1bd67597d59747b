import { createHash } from 'node:crypto';
import t, { type Test } from 'tap';
import { openLedger } from '../../support/broker/ledger.js';
import { eventually } from '../../support/condition.js';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import { BIRTH, publishEntries, REGION } from '../../support/lawful/entries.js';
import { type Body, foundLawfulBus, type LawfulBus } from '../../support/lawful/lawful-bus.js';
import { D, P, T } from '../../support/lawful/people.js';
import { connect, startNats } from '../../support/nats/nats.js';
import { RawSession } from '../../support/raw-client/raw-client.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';

const HEALTH = ['wu', 'xu'] as const;
const TAX = ['tan', 'tao'] as const;
const clockOf = (answer: Body, id: string): Body => answer.clocks.findLast((clock: Body) => clock.id === id);

t.test('rights that a standing consent gives, and those that a change would take', async (t) => {
  const nats = await startNats(t);
  const bus = await foundLawfulBus(t, { nats });
  await publishEntries(bus);
  await bus.setClock('2026-09-17T10:00:00+08:00');

  await t.test('an event against the schema of its entry is refused with the article', async (t) => {
    const event = { specversion: '1.0', id: 'bad', type: REGION.id, op: 'create', data: { code: '350100', name: 7 } };
    const refused = { code: 'ITEM_INVALID', item: 'name', article: 'R18' };
    t.match(await bus.as('civil-registry', 'POST', '/v1/events', event), { status: 422, body: refused });
    t.match(await bus.as('civil-registry', 'POST', '/v1/events', [event]), {
      status: 200,
      body: [{ problem: refused }],
    });
  });

  await t.test('an unconditional entry is replied to within a day', async (t) => {
    const { id } = await fileApplication(bus, HEALTH, applicationFor(REGION, 'maternal-health'));
    await bus.setClock('2026-09-18T10:00:00+08:00');
    const approved = await bus.act('lin', `/v1/applications/${id}/approve`, { items: ['code', 'name'], leftOut: [] });
    t.match(clockOf(approved, 'D3'), { due: '2026-09-18', state: 'met' });
    t.match(clockOf(await bus.read('wu', approved.links.grant), 'D6'), { due: '2026-10-22' });
    await acknowledged(t, bus, approved.grant);
  });

  await t.test('a standing consent answers what is filed after it, in the name of who signed it', async (t) => {
    await bus.setClock('2026-09-30T10:00:00+08:00');
    const before = await fileApplication(bus, TAX, applicationFor(REGION, 'tax-files'));
    await bus.setClock('2026-09-30T11:00:00+08:00');
    await bus.act('lin', '/v1/consents', { kind: 'standing', entry: REGION.id, until: '2026-12-31' });
    const waiting = await bus.read('tan', `/v1/applications/${before.id}`);
    t.match(waiting, { state: 'filed' });
    t.match(clockOf(waiting, 'D3'), { due: '2026-10-08', state: 'running' });
    const after = await fileApplication(bus, TAX, applicationFor(REGION, 'tax-files'));
    t.match(after, { state: 'approved', grant: String });
    t.match(clockOf(after, 'D3'), { state: 'met' });
    const { document, history } = await bus.read('tan', `/v1/applications/${after.id}`);
    t.match(document.reply, { by: 'lin', items: [{ name: 'code' }, { name: 'name' }], leftOut: [] });
    t.match(history.at(-1), { act: 'approve', actor: 'bus' });
    t.match(await bus.read('tan', after.links.grant), { kind: 'standing', status: 'provisioning' });
  });

  await t.test('what takes something from live grants is refused without a change, and is a violation', async (t) => {
    const grant = await grantOf(bus, BIRTH, ['idNumber', 'birthDate', 'address']);
    await bus.act('lin', `/v1/catalog/${REGION.id}/request-withdrawal`, { reason: 'the register ends' });
    t.match(await bus.as('huang', 'POST', `/v1/catalog/${REGION.id}/withdraw`, {}), {
      status: 409,
      body: { code: 'LIVE_GRANTS', article: 'R27' },
    });
    const narrower = { ...BIRTH, items: BIRTH.items.slice(0, 2) };
    const { digest } = (await bus.as('chen', 'PUT', `/v1/catalog/${BIRTH.id}`, narrower)).body;
    t.match((await bus.read('huang', `/v1/catalog/${BIRTH.id}/impact`)).grants, []);
    t.match((await bus.read('chen', `/v1/catalog/${BIRTH.id}/impact`)).grants, [{ grant, loses: ['address'] }]);
    await bus.act('zhao', `/v1/catalog/${BIRTH.id}/approve`, { digest });
    t.match(await bus.as('lin', 'POST', `/v1/catalog/${BIRTH.id}/submit`, {}), {
      status: 409,
      body: { code: 'LIVE_GRANTS', article: 'R27' },
    });
    for (const [entry, act] of [
      [REGION.id, 'withdraw'],
      [BIRTH.id, 'submit'],
    ]) {
      const { files } = await bus.read('huang', `/v1/violations?about=${entry}&document=true`);
      t.match(files, [
        { state: 'open', document: { code: 'P7', party: P, about: { kind: 'catalog', id: entry }, act } },
      ]);
      t.equal(files.length, 1);
    }
    await bus.act('chen', `/v1/catalog/${BIRTH.id}/discard`);
  });

  await t.test(
    'a version that was submitted is not published when it takes something from a grant made since',
    async (t) => {
      const entry = { ...REGION, id: `${P}.districts` };
      await publishEntries(bus, [entry]);
      const { digest } = (
        await bus.as('chen', 'PUT', `/v1/catalog/${entry.id}`, { ...entry, items: entry.items.slice(0, 1) })
      ).body;
      await bus.act('zhao', `/v1/catalog/${entry.id}/approve`, { digest });
      await bus.act('lin', `/v1/catalog/${entry.id}/submit`);
      await grantOf(bus, entry, ['code', 'name']);
      t.match(await bus.as('huang', 'POST', `/v1/catalog/${entry.id}/publish`, { digest }), {
        status: 409,
        body: { code: 'NOT_FILED', article: 'R27' },
      });
      t.strictSame((await bus.read('huang', `/v1/violations?about=${entry.id}`)).files, [], 'which is no violation');
    },
  );

  await t.test(
    'a version that breaks the rows of a backflow ordered since is refused for want of a change',
    async (t) => rowsBroken(t, bus),
  );

  await t.test(
    'received items are shared onward with the consent of their provider, while it is in force',
    async (t) => {
      const grant = await grantOf(bus, BIRTH, ['idNumber', 'birthDate', 'address']);
      for (const [id, role] of [
        ['dora', 'catalog_editor'],
        ['dian', 'department_head'],
      ] as const) {
        const { token } = await bus.act('du', '/v1/officers', { id, name: { en: id }, roles: [role] });
        bus.tokens.set(id, token);
      }
      await bus.act('huang', '/v1/officers/dian/confirm');
      const derived = {
        ...REGION,
        id: `${D}.newborns`,
        provider: D,
        derivedFrom: [{ grant, items: ['birthDate'] }],
      };
      const path = `/v1/catalog/${derived.id}`;
      const { digest } = (await bus.as('dora', 'PUT', path, derived)).body;
      await bus.act('dian', `${path}/approve`, { digest });
      const submit = () => bus.as('xu', 'POST', `${path}/submit`, {});
      const missing = {
        status: 403,
        body: { code: 'CONSENT_MISSING', article: 'R25', problems: [{ path: '/derivedFrom/0' }] },
      };
      t.match(await submit(), missing);
      const consent = { kind: 'onward', grant, toParty: T, until: '2026-12-31' };
      await bus.act('lin', '/v1/consents', { ...consent, items: ['address'] });
      t.match(await submit(), missing, 'a consent to another item is none');
      const given = await bus.act('lin', '/v1/consents', { ...consent, items: ['birthDate'] });
      await bus.act('lin', `/v1/consents/${given.id}/revoke`, { reason: 'too early' });
      t.match(await submit(), missing, 'nor is one that was revoked');
      await bus.act('lin', '/v1/consents', { ...consent, items: ['birthDate'] });
      t.match(await submit(), { status: 200, body: { state: 'under_review' } });
      t.match(await bus.act('huang', `${path}/publish`, { digest }), { state: 'published' });
    },
  );

  await t.test('an item that another department provides by designation is not submitted', async (t) => {
    const ledger = await openLedger(t, await connect(t, nats), [], () => Date.parse('2026-09-30T11:00:00+08:00'));
    const document = { items: ['DE00099'], lead: T };
    const state = { state: 'designated', sides: {}, clocks: [], memo: {}, about: [] };
    const designated = {
      kind: 'designation' as const,
      id: 'de-1',
      act: 'designate',
      actor: 'bus',
      document,
      step: { state },
    };
    await ledger.append(() => designated);
    const [code, name] = REGION.items;
    const entry = { ...REGION, id: `${P}.streets`, items: [code, { ...name, itemCode: 'DE00099' }] };
    const { digest } = (await bus.as('chen', 'PUT', `/v1/catalog/${entry.id}`, entry)).body;
    await bus.act('zhao', `/v1/catalog/${entry.id}/approve`, { digest });
    t.match(await bus.as('lin', 'POST', `/v1/catalog/${entry.id}/submit`, {}), {
      status: 409,
      body: { code: 'LEAD_EXISTS', article: 'R19', problems: [{ path: '/items/1/itemCode' }] },
    });
  });

  await t.test('a grant that is restored with what it missed delivers it', async (t) => restoredWithAll(t, bus));

  await t.test(
    'of two who suspend a grant at once one is refused for its state, as if he had come later',
    async (t) => {
      for (let round = 1; round <= MEETINGS; round++) await suspendedByTwo(t, bus, await inForce(bus));
    },
  );

  await t.test('a suspension that meets a new case of the grant suspends by that case', async (t) => {
    for (let round = 1; round <= MEETINGS; round++) await suspendedBesideCase(t, bus, await inForce(bus));
  });
});

/** Two acts seldom miss each other so often. */
const MEETINGS = 5;
let births = 0;

/** A grant with its first delivery. */
async function inForce(bus: LawfulBus): Promise<string> {
  const grant = await grantOf(bus, BIRTH, ['idNumber', 'birthDate', 'address']);
  await birth(bus, `of many ${++births}`);
  await pulled(bus, grant);
  return grant;
}

async function suspendedByTwo(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const suspend = (who: string) => bus.as(who, 'POST', `/v1/grants/${grant}/suspend`, { reason: 'leaked' });
  const [done, refused] = (await Promise.all(['su', 'lin'].map(suspend))).sort((a, b) => a.status - b.status);
  t.match(done, { status: 200, body: { state: 'suspended' } });
  t.match(refused, { status: 409, body: { code: 'WRONG_STATE' } });
  t.strictSame(
    refused?.body.problems.map(({ path, code }: Body) => ({ path, code })),
    [{ path: '', code: 'WRONG_STATE' }],
  );
}

async function suspendedBesideCase(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const raised = { grant, ground: 'beyond_purpose', evidence: 'a leaked list' };
  const [made, suspended] = await Promise.all([
    bus.as('lin', 'POST', '/v1/cases', raised),
    bus.as('su', 'POST', `/v1/grants/${grant}/suspend`, { reason: 'leaked' }),
  ]);
  t.match(suspended, { status: 200, body: { state: 'suspended' } }, JSON.stringify(suspended.body));
  const { files } = await bus.read('su', `/v1/cases?about=${grant}&document=true`);
  t.match(files, [{ state: 'suspended', document: made.status === 201 ? raised : { ground: 'incident' } }]);
  t.equal(files.length, 1);
}

async function rowsBroken(t: Test, bus: LawfulBus): Promise<void> {
  const region = { name: 'region', type: 'string', filterable: true };
  const entry = { ...REGION, id: `${P}.wards`, backflowItem: 'region', items: [...REGION.items, region] };
  await publishEntries(bus, [entry]);
  const { backflowItem: _, ...narrower } = { ...entry, items: REGION.items };
  const path = `/v1/catalog/${entry.id}`;
  const { digest } = (await bus.as('chen', 'PUT', path, narrower)).body;
  await bus.act('zhao', `${path}/approve`, { digest });
  await bus.act('lin', `${path}/submit`);
  const items = [{ name: 'code' }, { name: 'name' }];
  await bus.act('lin', '/v1/backflows', { entry: entry.id, system: 'maternal-health', items });
  t.match(await bus.as('huang', 'POST', `${path}/publish`, { digest }), {
    status: 409,
    body: { code: 'NOT_FILED', article: 'R27', problems: [{ path: '', code: 'NOT_FILED', article: 'R27' }] },
  });
  t.match((await bus.as('huang', 'POST', `${path}/publish`, { digest })).body.problems, { length: 1 });
}

/** Step 9: an event that a session receives and acknowledges puts the grant in force. */
async function acknowledged(t: Test, bus: LawfulBus, grant: string): Promise<void> {
  const session = await RawSession.open({
    url: bus.url,
    token: bus.tokens.get('maternal-health') as string,
    encoding: 'sluice.v1.json',
  });
  const subscription = await session.subscribe({ grant, cursor: 'main' });
  const data = { code: '350100', name: 'Fuzhou' };
  const event = { specversion: '1.0', id: 'r1', type: REGION.id, op: 'create', data } as never;
  await publishBatch({ url: bus.url, token: bus.tokens.get('civil-registry') as string }, [event]);
  const [received] = await subscription.collect(1);
  t.match(await bus.read('wu', `/v1/grants/${grant}`), { state: 'provisioning' });
  subscription.ack(received?.position ?? 0);
  const isInForce = async () => (await bus.read('wu', `/v1/grants/${grant}`)).state === 'in_force';
  await eventually(isInForce, 'the grant to be in force', 10_000);
  t.match(clockOf(await bus.read('wu', `/v1/grants/${grant}`), 'D6'), { state: 'met' });
  await session.close();
}

async function grantOf(bus: LawfulBus, entry: Body, items: string[]): Promise<string> {
  const filed = await fileApplication(bus, HEALTH, applicationFor(entry, 'maternal-health'));
  if (filed.grant) return filed.grant;
  return (await bus.act('lin', `/v1/applications/${filed.id}/approve`, { items, leftOut: [] })).grant;
}

async function birth(bus: LawfulBus, id: string): Promise<void> {
  const token = bus.tokens.get('civil-registry') as string;
  const data = { idNumber: id, birthDate: '2026-01-13' };
  await publishBatch({ url: bus.url, token }, [
    { specversion: '1.0', id, type: BIRTH.id, op: 'create', data } as never,
  ]);
}

/** Pulls a page and acknowledges it; the ids that it held. */
async function pulled(bus: LawfulBus, grant: string): Promise<string[]> {
  const authorization = `Bearer ${bus.tokens.get('maternal-health')}`;
  const page = await fetch(`${bus.url}/v1/grants/${grant}/events?cursor=main`, { headers: { authorization } });
  const lines = (await page.text())
    .split('\n')
    .filter(Boolean)
    .map((line): Body => JSON.parse(line));
  const events = lines.filter(({ data }) => data);
  const position = events.at(-1)?.position;
  if (position !== undefined) await bus.act('maternal-health', `/v1/grants/${grant}/cursors/main`, { position });
  return events.map(({ data }) => data.idNumber);
}

/** Suspends by the address of the grant; the request comes again when the grant and its case have moved on. */
async function suspendedOnce(t: Test, bus: LawfulBus, grant: string): Promise<Body> {
  const headers = {
    'idempotency-key': `suspend ${grant}`,
    'if-match': `"${(await bus.read('su', `/v1/grants/${grant}`)).seq}"`,
  };
  const body = { reason: 'credentials leaked' };
  const suspend = (more = headers) => bus.as('su', 'POST', `/v1/grants/${grant}/suspend`, body, more);
  t.match(await suspend({ ...headers, 'if-match': '"1"' }), {
    status: 409,
    body: { code: 'STALE', current: { state: 'in_force', file: { id: grant }, seq: Number } },
  });
  const suspended = await suspend();
  t.match(suspended, { status: 200, body: { file: { kind: 'grants', id: grant }, state: 'suspended' } });
  const again = await suspend();
  t.strictSame([again.status, again.body], [200, suspended.body]);
  t.equal(again.headers.get('idempotent-replayed'), 'true');
  return suspended.body;
}

async function restoredWithAll(t: Test, bus: LawfulBus): Promise<void> {
  const grant = await grantOf(bus, BIRTH, ['idNumber', 'birthDate', 'address']);
  await birth(bus, 'before');
  t.strictSame(await pulled(bus, grant), ['before']);
  const suspended = await suspendedOnce(t, bus, grant);
  await birth(bus, 'missed');
  const address = suspended.links.case;
  await bus.act('su', `${address}/order`, { demands: 'renew tokens', due: '2026-10-20' });
  const authorization = `Bearer ${bus.tokens.get('sun')}`;
  const paper = { method: 'POST', headers: { authorization, 'content-type': 'text/plain' }, body: 'report' };
  await (await fetch(`${bus.url}/v1/attachments`, paper)).text();
  const attachments = [createHash('sha256').update('report').digest('hex')];
  const { seq: proof } = await bus.act('sun', `${address}/prove`, { statement: 'renewed', attachments });
  t.match(await bus.as('su', 'POST', `${address}/restore`, { proof }), {
    status: 422,
    body: { code: 'INCOMPLETE', article: 'R27', problems: [{ path: '/missed' }] },
  });
  t.match(await bus.act('su', `${address}/restore`, { proof, missed: 'deliver' }), { state: 'restored' });
  t.match((await bus.read('wu', address)).document, { missed: 'deliver' });
  await birth(bus, 'after');
  t.strictSame(await pulled(bus, grant), ['missed', 'after']);
}
