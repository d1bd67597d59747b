import { setTimeout as pause } from 'node:timers/promises';
import t from 'tap';
import { ROLES } from '../../../broker/parties/officer.js';
import { MACHINES } from '../../../broker/procedure/all-machines.js';
import { noticeText } from '../../../broker/procedure/notices/notice-texts.js';
import { startBroker } from '../../support/broker/broker.js';
import { type Body, foundLawfulBus, LAWFUL, type LawfulBus } from '../../support/lawful/lawful-bus.js';
import { CD, P } from '../../support/lawful/people.js';
import { startNats } from '../../support/nats/nats.js';
import { ask, head } from '../../support/raw-client/raw-socket.js';

const noticesOf = async (bus: LawfulBus, who: string, query = ''): Promise<Body[]> =>
  (await bus.read(who, `/v1/notices?limit=1000${query}`)).notices;

t.test('a department reads its notices oldest first, page by page, and no other department’s', async (t) => {
  const bus = await foundLawfulBus(t);
  const all = await noticesOf(bus, 'chen');
  t.ok(all.length > 3);
  t.ok(all.every(({ to }) => to === P));
  t.strictSame(
    all.map(({ id }) => id),
    all.map(({ id }) => id).sort(),
  );
  const paged: Body[] = [];
  for (let after = ''; ; ) {
    const page = await bus.read('chen', `/v1/notices?limit=2${after}`);
    paged.push(...page.notices);
    if (page.next === undefined) break;
    after = `&after=${page.next}`;
  }
  t.strictSame(paged, all);
  t.match(await bus.as('chen', 'GET', '/v1/notices?after=nothing'), { status: 400, body: { code: 'BAD_REQUEST' } });

  const { id } = all[0];
  const key = { 'idempotency-key': 'read-1' };
  t.match(await bus.act('chen', `/v1/notices/${id}/read`, undefined, key), { id, readBy: 'officer:chen' });
  const repeated = await bus.as('chen', 'POST', `/v1/notices/${id}/read`, {}, key);
  t.equal(repeated.headers.get('idempotent-replayed'), 'true');
  t.match(await bus.as('chen', 'POST', `/v1/notices/${all[1].id}/read`, {}, key), { body: { code: 'KEY_REUSED' } });
  const again = await bus.act('lin', `/v1/notices/${id}/read`);
  t.match(again, { readBy: 'officer:chen' }, 'the first reading counts');
  t.match(again.readAt, /\+08:00$/);
  t.notOk((await noticesOf(bus, 'chen', '&unread=true')).some((one) => one.id === id));
  t.match(await bus.as('wu', 'POST', `/v1/notices/${id}/read`, { note: 1 }), {
    status: 404,
    body: { code: 'NOT_FOUND' },
  });
  t.match(await bus.as('chen', 'POST', `/v1/notices/${all[1].id}/read`, { note: 1, 'a/b': 2 }), {
    status: 400,
    body: { code: 'BAD_REQUEST', problems: [{ path: '/note' }, { path: '/a~1b' }] },
  });

  const zh = await noticesOf(bus, 'huang');
  const [en] = (
    await bus.as('huang', 'GET', '/v1/notices?limit=1', undefined, { 'accept-language': 'en-GB, zh;q=0.5' })
  ).body.notices;
  t.match(zh[0].text, /\p{Script=Han}/u);
  t.notMatch(en.text, /\p{Script=Han}/u);
  t.equal(en.id, zh[0].id);
  const refusal = async (language: string): Promise<Body> =>
    (await bus.as('wu', 'GET', '/v1/applications/ap-x', undefined, { 'accept-language': language })).body;
  t.match(await refusal('zh-CN'), { code: 'NOT_FOUND', title: /^\p{Script=Han}+$/u }, 'titles of codes likewise');
  t.notMatch((await refusal('en')).title, /\p{Script=Han}/u);

  for (const path of ['/v1/notices']) {
    const refused = { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } };
    t.match(await bus.as('pan', 'GET', path), refused, 'the platform operator');
  }
  t.match((await noticesOf(bus, 'guo')).at(-1), { kind: 'refused_attempt', article: 'R36', to: CD });
  const metrics = await (await fetch(`${bus.url}/metrics`)).text();
  t.match(metrics, /^sluice_lawful_outsider_calls_refused_total [1-9]/m, 'and counted');
  t.match(await bus.as('civil-registry', 'GET', '/v1/notices'), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
});

t.test('small matters of a registered bus', async (t) => {
  const bus = await foundLawfulBus(t);

  await t.test('WebSockets refuse a platform operator as HTTP does, and other officers as no systems', async (t) => {
    const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-protocol': 'sluice.v1.json' };
    const open = (who: string) =>
      ask(t, bus.url, head('GET /v1/stream', { ...upgrade, authorization: `Bearer ${bus.tokens.get(who)}` }));
    t.match(await open('pan'), /^HTTP\/1\.1 403 .*"code":"NOT_YOUR_ROLE".*"article":"R36"/s);
    t.match(await open('chen'), /^HTTP\/1\.1 403 .*"code":"NOT_ALLOWED"/s);
  });

  await t.test('the canary is in no list of parties, and can be looked up', async (t) => {
    const { files } = await bus.read('chen', '/v1/parties?limit=1000');
    t.ok(files.length > 3);
    t.notOk(files.some(({ id }: Body) => id === 'sluice-canary'));
    t.match(await bus.read('chen', '/v1/parties/sluice-canary'), { id: 'sluice-canary' });
  });

  await t.test('an appointment names roles, and a wrong one is answered with those that there are', async (t) => {
    const appoint = (roles: string[]) => bus.as('gao', 'POST', '/v1/officers', { id: 'x', name: { en: 'x' }, roles });
    t.match(await appoint([]), { status: 422, body: { code: 'INCOMPLETE', problems: [{ path: '/roles' }] } });
    const { status, body } = await appoint(['boss']);
    t.match([status, body.problems[0].path], [400, '/roles/0']);
    for (const role of ROLES) t.match(body.problems[0].text, role);
    const none = { status: 422, body: { code: 'INCOMPLETE' } };
    t.match(await bus.as('gao', 'POST', '/v1/officers/lin/change', { roles: [] }), none);
  });

  await t.test('the clock is set to no moment whose year RFC 3339 cannot write', async (t) => {
    for (const now of ['9999-12-31T16:00:00Z', '0000-01-01T00:00:00+14:00']) {
      t.match(await bus.as('pan', 'POST', '/v1/clock', { now }), {
        status: 400,
        body: { code: 'BAD_REQUEST', problems: [{ path: '/now' }] },
      });
    }
  });

  await t.test('setting the clock is done once for an idempotency key', async (t) => {
    const key = { 'idempotency-key': 'noon' };
    const set = (now: string) => bus.as('pan', 'POST', '/v1/clock', { now }, key);
    const first = await Promise.all([1, 2].map(() => set('2025-12-03T12:00:00+08:00')));
    t.match(first[0], { status: 200, body: { now: '2025-12-03T12:00:00+08:00', test: true } });
    await bus.setClock('2025-12-04T12:00:00+08:00');
    const all = [...first, await set('2025-12-03T12:00:00+08:00')];
    t.strictSame(all.map(({ headers }) => headers.get('idempotent-replayed')).sort(), ['true', 'true', null].sort());
    for (const { status, body } of all) t.strictSame([status, body], [200, first[0]?.body]);
    t.match((await bus.read('pan', '/v1/clock')).now, /^2025-12-04/);
    t.match(await set('2025-12-05T12:00:00+08:00'), { status: 409, body: { code: 'KEY_REUSED' } });
  });
});

/** A stream of notices: `seen` has those that have come, in order, and `until` waits. */
async function openStream(bus: Pick<LawfulBus, 'url' | 'tokens'>, who: string, headers: Record<string, string> = {}) {
  const leaving = new AbortController();
  const answer = await fetch(`${bus.url}/v1/notices`, {
    headers: { authorization: `Bearer ${bus.tokens.get(who)}`, accept: 'text/event-stream', ...headers },
    signal: leaving.signal,
  });
  let text = '';
  const reading = (async () => {
    for await (const piece of answer.body as ReadableStream<Uint8Array>) text += Buffer.from(piece).toString();
  })().catch(() => {});
  const seen = (): Body[] =>
    [...text.matchAll(/^id: (\S+)\ndata: (.*)\n\n/gm)].map(([, , data]) => JSON.parse(data as string));
  const until = async (holds: () => boolean): Promise<void> => {
    while (!holds()) await pause(20);
  };
  return { answer, seen, until, text: () => text, ended: reading, leave: () => leaving.abort() };
}

t.test('a stream of notices goes on, resumes behind the last id, and ends with the office', async (t) => {
  const nats = await startNats(t);
  const bus = await foundLawfulBus(t, { nats });
  const other = { ...(await startBroker(t, { nats, config: LAWFUL })), tokens: bus.tokens };
  const before = await noticesOf(bus, 'he');
  const stream = await openStream(bus, 'he');
  t.match(stream.answer.headers.get('content-type'), 'text/event-stream');
  await stream.until(() => stream.seen().length === before.length);
  const elsewhere = await openStream(other, 'he', { 'last-event-id': before.at(-1).id });
  await bus.act('gao', '/v1/officers', { id: 'new', name: { en: 'new' }, roles: ['reviewer'] });
  await stream.until(() => stream.seen().length > before.length);
  t.match(stream.seen().at(-1), { kind: 'appointment', about: { kind: 'officers', id: 'new' }, to: P });
  stream.leave();
  await elsewhere.until(() => elsewhere.seen().length > 0);
  t.strictSame(elsewhere.seen(), stream.seen().slice(before.length), 'likewise at another broker');
  elsewhere.leave();

  const resumed = await openStream(bus, 'he', { 'last-event-id': before.at(-1).id });
  await resumed.until(() => resumed.seen().length > 0);
  t.match(resumed.seen()[0], { about: { id: 'new' } }, 'what was seen before does not come again');
  await bus.act('gao', '/v1/officers/he/leave', { reason: 'retired' });
  await resumed.ended;
  t.match(resumed.text(), /event: ended\n.*\ndata: .*NOT_AUTHENTICATED/);
  const wrong = await openStream(bus, 'chen', { 'last-event-id': 'nothing' });
  t.equal(wrong.answer.status, 400);
});

/** A kind without words of its own is shown by its name; kinds with words have them in both languages. */
const hasText = (kind: string): boolean =>
  !noticeText({ kind, about: { kind: 'grants', id: 'gr-1' } }, 'zh').endsWith(kind);

t.test('every act that notifies somebody has a text in both languages', async (t) => {
  for (const { available, transitions } of MACHINES.values()) {
    if (!available) continue;
    for (const { act, notices = [], noticeKind = act } of transitions)
      if (notices.length > 0) t.ok(hasText(noticeKind), act);
  }
  for (const kind of ['overdue', 'recomputed', 'appointment', 'alarm', 'correction_without_data', 'refused_attempt']) {
    t.ok(hasText(kind), kind);
  }
});
