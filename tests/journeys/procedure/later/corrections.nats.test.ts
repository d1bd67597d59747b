import t, { type Test } from 'tap';
import { describedBody, rowsOf as rowsCalledBy } from '../../../../broker/http/procedure/describe/act-body.js';
import { MACHINES } from '../../../../broker/procedure/all-machines.js';
import { shapeProblems } from '../../../../broker/procedure/engine/body-check.js';
import type { Machine } from '../../../../broker/procedure/engine/machine.js';
import { publishedMachine } from '../../../../broker/procedure/published/published-machine.js';
import type { Body } from '../../../support/lawful/lawful-bus.js';
import { D, P, T } from '../../../support/lawful/people.js';
import { publishBatch } from '../../../support/raw-client/raw-http.js';
import {
  clockOf,
  ENTRY,
  grantTo,
  LATER_KINDS,
  type LaterBus,
  noticesAbout,
  seenBy,
  startLaterBus,
} from './later-bus.js';

const OFFICERS = ['wu', 'xu', 'sun', 'lin', 'he', 'su', 'tan', 'tao', 'huang', 'guo'];

async function publish(bus: LaterBus, event: object): Promise<number> {
  const token = bus.tokens.get('civil-registry') as string;
  const whole = { specversion: '1.0', type: ENTRY.id, ...event };
  const [result] = (await publishBatch({ url: bus.url, token }, [whole as never])) as unknown as Body[];
  return result.position;
}

/** The receiving system pulls a page and acknowledges it. */
async function pull(bus: LaterBus, system: string, grant: string): Promise<void> {
  const { status, body } = await bus.as(system, 'GET', `/v1/grants/${grant}/events?cursor=main`);
  if (status !== 200) throw new Error(`${system} pulls ${grant}: ${status}`);
  const position = body.findLast((line: Body) => line.data !== undefined)?.position;
  if (position !== undefined) await bus.act(system, `/v1/grants/${grant}/cursors/main`, { position });
}

interface Story {
  bus: LaterBus;
  grant: string;
  wrong: number;
  raise(body?: object): Promise<Body>;
}

t.test('corrections run as data: asked for, corrected for their holders, reported and rated', async (t) => {
  const bus = await startLaterBus(t);
  await bus.setClock('2026-02-27T10:00:00+08:00');
  const grant = await grantTo(bus, ['wu', 'xu'], 'maternal-health');
  const ended = await grantTo(bus, ['tan', 'tao'], 'tax-files');
  await bus.setClock('2026-03-02T10:00:00+08:00');
  const wrong = await publish(bus, { id: 'e1', op: 'create', data: { idNumber: 'n1', birthDate: '2026-01-31' } });
  await pull(bus, 'maternal-health', grant);
  await pull(bus, 'tax-files', ended);
  await bus.act('tao', `/v1/grants/${ended}/dispose`, { reason: 'reached' });
  const body = { grant, position: wrong, items: ['birthDate'], what: 'the hospital says 2026-01-13' };
  const raise = async (more: object = {}) => bus.act('wu', '/v1/corrections', { ...body, ...more });
  const story = { bus, grant, wrong, raise };

  await t.test('the machines are published as those that run, with the rows of the tables', (t) => published(t, bus));
  await t.test('what is asked for wrongly is refused with each reason', (t) => refusals(t, story));
  const closed = await inTime(t, story);
  await late(t, story);
  await notConfirmed(t, story);
  await t.test('lists find them by state, side, entry, thing and date', (t) => lists(t, story, closed));
  await t.test('a broker that makes its projection anew answers the same', async (t) => {
    const before = await seenBy(bus, OFFICERS);
    await bus.restartWithoutProjection();
    t.strictSame(await seenBy(bus, OFFICERS), before);
  });
});

async function published(t: Test, bus: LaterBus): Promise<void> {
  const { machines } = await bus.read('wu', '/v1/procedures');
  for (const kind of LATER_KINDS) {
    const { guard: _, ...machine } = machines.find((one: Body) => one.kind === kind);
    t.equal(machine.available, true, kind);
    const table = publishedMachine(MACHINES.get(kind) as never);
    // L4 makes a file in a state of its own, by a row of the bus that the table has no line for.
    const rowsOf = (rows: Body[]) =>
      rows
        .filter(({ act, who }) => act !== 'create' || String(who) !== 'bus')
        .map(({ guard: _guard, ...row }) => row)
        .sort(byNumber);
    t.strictSame(rowsOf(machine.transitions), rowsOf(table.transitions as Body[]), kind);
    const whole = bus.machines.get(kind) as Machine;
    for (const { act } of whole.transitions)
      for (const row of rowsCalledBy(whole, act))
        t.strictSame(shapeProblems(row, describedBody(whole, act).example), [], `${kind} ${act}: the example`);
  }
  const document = (await (await fetch(`${bus.url}/docs/json`)).json()) as Body;
  const { post: create } = document.paths['/v1/corrections'];
  t.match(create.requestBody.content['application/json'].example, { position: 1_077, what: /hospital/ });
  t.match(document.paths['/v1/corrections/{id}/take'].post.parameters, [{}, { name: 'If-Match' }, {}]);
}

const byNumber = (a: Body, b: Body): number =>
  `${a.number} ${a.act} ${a.to}`.localeCompare(`${b.number} ${b.act} ${b.to}`, 'en', { numeric: true });

async function refusals(t: Test, { bus, grant, wrong }: Story): Promise<void> {
  const ask = (who: string, body: object) => bus.as(who, 'POST', '/v1/corrections', body);
  const whole = { grant, position: wrong, items: ['birthDate'], what: 'w' };
  t.match(await ask('xu', whole), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R11' } });
  t.match(await ask('pan', whole), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } });
  t.match(await ask('wu', { grant }), {
    status: 422,
    body: {
      code: 'INCOMPLETE',
      article: 'R26',
      problems: [{ path: '/position' }, { path: '/items' }, { path: '/what' }],
    },
  });
  t.match(await ask('wu', { ...whole, provider: P }), { status: 400, body: { code: 'BAD_REQUEST', article: 'R8' } });
  t.match(await ask('wu', { ...whole, position: wrong + 1 }), {
    status: 409,
    body: { code: 'WRONG_STATE', problems: [{ path: '/position' }] },
  });
  t.match(await ask('wu', { ...whole, items: ['shoeSize'] }), {
    status: 400,
    body: { problems: [{ path: '/items/0' }] },
  });
  t.match(await ask('tan', whole), { status: 409, body: { code: 'WRONG_STATE', problems: [{ path: '/grant' }] } });
  t.strictSame((await bus.read('huang', '/v1/corrections')).files, [], 'nothing was made');
}

/** The whole chain within D7; the id of the file. */
async function inTime(t: Test, { bus, grant, wrong, raise }: Story): Promise<string> {
  const key = { 'idempotency-key': 'one' };
  const body = { grant, position: wrong, items: ['birthDate'], what: 'the hospital says 2026-01-13' };
  const made = await bus.as('wu', 'POST', '/v1/corrections', body, key);
  t.match(made, { status: 201, body: { state: 'received', links: { grant: `/v1/grants/${grant}` } } });
  const again = await bus.as('wu', 'POST', '/v1/corrections', body, key);
  t.strictSame([again.status, again.body], [201, made.body]);
  t.equal(again.headers.get('idempotent-replayed'), 'true');
  t.match(await bus.as('wu', 'POST', '/v1/corrections', { ...body, what: 'w' }, key), { body: { code: 'KEY_REUSED' } });
  const { id } = made.body;
  const path = `/v1/corrections/${id}`;
  t.match(clockOf(made.body, 'D7'), { due: '2026-03-16', party: P, state: 'running', calendar: 'cn@2026.1' });
  t.match(clockOf(made.body, 'R23.D7'), { due: '2026-03-09', state: 'running' });
  t.match((await bus.read('he', path)).history, [
    { act: 'create', actor: 'officer:wu', role: 'applicant', to: 'raised' },
    { act: 'receive', actor: 'bus', from: 'raised', to: 'received' },
  ]);
  t.match(await noticesAbout(bus, 'he', id), [{ kind: 'receive', article: 'R26' }]);
  t.match(await bus.as('tan', 'GET', path), { status: 404 }, 'no file of theirs');

  await takenUp(t, bus, made.body);
  await corrected(t, bus, id, wrong);
  await reported(t, bus, id);
  t.equal((await raise()).state, 'received', 'another one about the same');
  return id;
}

/** Performs acts on one file. */
const actsOn =
  (bus: LaterBus, id: string) =>
  (who: string, name: string, body: object = {}, headers = {}) =>
    bus.as(who, 'POST', `/v1/corrections/${id}/${name}`, body, headers);

async function takenUp(t: Test, bus: LaterBus, made: Body): Promise<void> {
  const { id } = made;
  const path = `/v1/corrections/${id}`;
  const act = actsOn(bus, id);
  t.strictSame(made.next, [], 'nothing is for who raised it');
  t.strictSame((await bus.read('xu', path)).next, [], 'there is no dispute before it is late');
  t.match((await bus.read('he', path)).next, [{ act: 'take', who: 'provider.correction_handler' }]);
  t.match(await waiting(bus, 'he', id), { act: 'take', clock: 'R23.D7', daysLeft: 5 });
  t.notOk(await waiting(bus, 'xu', id));
  t.match(await act('wu', 'take'), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
  t.match(await act('xu', 'dispute', { claim: 'c' }), { status: 409, body: { code: 'WRONG_STATE' } });
  t.match(await act('he', 'report', { result: 'r' }), { status: 409, body: { code: 'WRONG_STATE' } });
  const stale = await act('he', 'take', {}, { 'if-match': '"1"' });
  t.match(stale, { status: 409, body: { code: 'STALE', current: { id, state: 'received' } } });
  t.match(await act('he', 'take', {}, { 'if-match': `"${made.seq}"` }), { status: 200 });
  t.match(await act('he', 'take'), { status: 409, body: { code: 'WRONG_STATE' } });
}

async function corrected(t: Test, bus: LaterBus, id: string, wrong: number): Promise<void> {
  const act = actsOn(bus, id);
  t.match(await act('he', 'correct'), { status: 422, body: { code: 'INCOMPLETE', problems: [{ path: '/position' }] } });
  t.match(await act('he', 'correct', { position: wrong }), {
    status: 409,
    body: { code: 'WRONG_STATE', problems: [{ path: '/position' }] },
  });
  const data = { idNumber: 'n1', birthDate: '2026-01-13' };
  const previous = { birthDate: '2026-01-31' };
  const position = await publish(bus, { id: 'e2', op: 'correction', corrects: wrong, previous, data });
  t.match(await act('he', 'correct', { position }), {
    status: 200,
    body: {
      state: 'corrected',
      holders: [
        { party: D, state: 'waiting', position: wrong },
        { party: T, state: 'notice', position: wrong },
      ],
    },
  });
  t.match(await noticesAbout(bus, 'wu', id, 'correct'), [{ to: D }]);
  const without = await noticesAbout(bus, 'tan', id);
  t.match(without, [
    { kind: 'correction_without_data', details: { entry: ENTRY.id, items: ['birthDate'], position: wrong } },
  ]);
  t.notMatch(JSON.stringify(without), /2026-01-/, 'no value of the data');
}

async function reported(t: Test, bus: LaterBus, id: string): Promise<void> {
  const act = actsOn(bus, id);
  t.match(await act('he', 'report'), { status: 422, body: { code: 'INCOMPLETE', article: 'R26' } });
  const closed = await act('lin', 'report', { result: 'the date was corrected' });
  t.match(closed.body, { state: 'closed' });
  for (const clock of ['D7', 'R23.D7']) t.match(clockOf(closed.body, clock), { state: 'met' }, clock);
  t.match(await waiting(bus, 'wu', id), { act: 'rate', daysLeft: null });
  t.match(await act('lin', 'rate', { raiserAgrees: true }), { status: 403 });
  t.match(await act('wu', 'rate'), { status: 422, body: { problems: [{ path: '/raiserAgrees' }] } });
  t.match(await act('wu', 'rate', { raiserAgrees: true }), { status: 200, body: { state: 'closed' } });
  t.match(await act('wu', 'rate', { raiserAgrees: false }), { status: 409, body: { code: 'CONFLICT' } });
  t.notOk(await waiting(bus, 'wu', id), 'it was rated');
}

const waiting = async (bus: LaterBus, who: string, id: string): Promise<Body> =>
  (await bus.read(who, '/v1/desk')).items.find(({ file }: Body) => file.id === id);

async function late(t: Test, { bus, raise }: Story): Promise<void> {
  const { id } = await raise();
  const path = `/v1/corrections/${id}`;
  await bus.setClock('2026-03-16T23:59:59+08:00');
  t.strictSame(
    (await noticesAbout(bus, 'he', id, 'overdue')).map(({ clock }) => clock),
    ['R23.D7'],
    'a promise',
  );
  t.strictSame((await bus.read('huang', `/v1/violations?about=${id}`)).files, []);
  await bus.setClock('2026-03-17T00:00:00+08:00');
  t.match(await bus.read('wu', path), { state: 'received' });
  t.match(clockOf(await bus.read('wu', path), 'D7'), { state: 'late' });
  const { files } = await bus.read('huang', `/v1/violations?about=${id}&document=true`);
  t.match(files, [
    { state: 'open', document: { code: 'P6', party: P, clock: 'D7', about: { kind: 'corrections', id } } },
  ]);
  t.equal(files.length, 1);
  for (const who of ['he', 'wu', 'huang']) {
    t.match(await noticesAbout(bus, who, id, 'overdue'), [{ clock: 'R23.D7' }, { clock: 'D7', article: 'R26' }], who);
  }
  t.match(await waiting(bus, 'xu', id), { act: 'dispute', clock: 'R23.D7' });
  t.match((await bus.read('xu', path)).next, [{ act: 'dispute', who: 'demand.body_head' }]);
  t.match(await bus.as('xu', 'POST', `${path}/dispute`, {}), {
    status: 422,
    body: { code: 'INCOMPLETE', article: 'R28', problems: [{ path: '/claim' }] },
  });
  const disputed = await bus.act('xu', `${path}/dispute`, { claim: 'nobody answers' });
  t.match(disputed, { state: 'disputed', links: { dispute: /^\/v1\/disputes\/di-/ } });
  t.match(clockOf(disputed, 'D7'), { state: 'late', doneAt: /^2026-03-17/ });
  t.match(await bus.read('lin', disputed.links.dispute), {
    state: 'negotiating',
    document: { subject: 'lateness', claim: 'nobody answers', party: D },
    history: [{ act: 'create', actor: 'officer:xu', role: 'body_head' }],
  });
  t.match((await bus.read('xu', `/v1/disputes?about=${id}`)).files, [{ state: 'negotiating' }]);
}

async function notConfirmed(t: Test, { bus, raise }: Story): Promise<void> {
  const { id } = await raise();
  const path = `/v1/corrections/${id}`;
  await bus.act('he', `${path}/take`);
  t.match(await bus.as('he', 'POST', `${path}/not-confirm`, {}), {
    status: 422,
    body: { code: 'NO_REASON', article: 'R26' },
  });
  await bus.act('he', `${path}/not-confirm`, { reason: 'our register agrees' });
  const about = { kind: 'corrections', id };
  const own = await bus.act('xu', '/v1/disputes', { about, subject: 'correction', claim: 'c' });
  t.match(await bus.as('xu', 'POST', `${path}/dispute`, { claim: 'c' }), {
    status: 409,
    body: { code: 'CONFLICT', problems: [{ path: '', code: 'CONFLICT' }] },
  });
  t.match(await bus.read('xu', path), { state: 'not_confirmed' }, 'a refused act leaves nothing');
  await bus.act('lin', `/v1/disputes/${own.id}/settle`, { text: 'the register is right' });
  const { settlement } = (await bus.read('xu', own.links.self)).document;
  await bus.act('xu', `/v1/disputes/${own.id}/settle`, { digest: settlement.digest });
  const disputed = await bus.act('xu', `${path}/dispute`, { claim: 'the hospital disagrees' });
  t.match(clockOf(disputed, 'D7'), { state: 'met' });
  t.match(await bus.read('xu', disputed.links.dispute), { document: { subject: 'correction', about } });
}

async function lists(t: Test, { bus, grant }: Story, closed: string): Promise<void> {
  const idsOf = async (query: string, who = 'huang') =>
    (await bus.read(who, `/v1/corrections?${query}`)).files.map(({ id }: Body) => id);
  t.strictSame(await idsOf('state=closed'), [closed]);
  t.strictSame(await idsOf(`state=closed&party=${D}&entry=${ENTRY.id}&about=${grant}`), [closed]);
  t.strictSame(await idsOf(`party=${T}`), []);
  t.strictSame(await idsOf('limit=1'), [closed]);
  t.equal((await idsOf('state=disputed', 'xu')).length, 2);
  t.strictSame(await idsOf('due-before=2026-03-01'), []);
  t.equal((await idsOf('due-before=2026-04-10')).length, 0, 'nothing runs any more');
  t.strictSame(await idsOf('limit=10', 'tan'), []);
}
