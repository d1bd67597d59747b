import t, { type Test } from 'tap';
import type { Body } from '../../../support/lawful/lawful-bus.js';
import { CD, D, P, T } from '../../../support/lawful/people.js';
import { clockOf, ENTRY, type LaterBus, noticesAbout, seenBy, startLaterBus } from './later-bus.js';

const INCIDENT = {
  grade: 'larger',
  reportClass: 'central',
  what: 'credentials leaked',
  personal: true,
  detectedAt: '2026-08-10T22:05:00+08:00',
};

t.test('incidents run as data: reported in hours, and late for the party alone', async (t) => {
  const bus = await startLaterBus(t);
  await bus.setClock('2026-08-10T22:06:00+08:00');
  await t.test('what is asked for wrongly is refused with each reason', (t) => refusals(t, bus));
  await t.test('an incident goes through all its states', (t) => walked(t, bus));
  await t.test('the hour of the report passes: a violation by where the incident was', (t) => late(t, bus));
  await t.test('a broker that makes its projection anew answers the same', async (t) => {
    const officers = ['sun', 'su', 'teng', 'huang', 'guo'];
    const before = await seenBy(bus, officers);
    await bus.restartWithoutProjection();
    t.strictSame(await seenBy(bus, officers), before);
  });
});

async function refusals(t: Test, bus: LaterBus): Promise<void> {
  const ask = (who: string, body: object) => bus.as(who, 'POST', '/v1/incidents', body);
  const scope = { systems: ['maternal-health'] };
  t.match(await ask('xu', { ...INCIDENT, scope }), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
  const missing = ['/grade', '/reportClass', '/what', '/detectedAt', '/personal', '/scope'];
  const { status, body } = await ask('sun', {});
  t.match({ status, body }, { status: 422, body: { code: 'INCOMPLETE', article: 'R35' } });
  t.strictSame(
    body.problems.map(({ path }: Body) => path),
    missing,
  );
  t.match(await ask('sun', { ...INCIDENT, scope, grade: 'huge' }), {
    status: 400,
    body: { problems: [{ path: '/grade' }] },
  });
  t.match(await ask('sun', { ...INCIDENT, scope, detectedAt: '2026-08-10T22:07:00+08:00' }), {
    status: 400,
    body: { code: 'BAD_REQUEST', problems: [{ path: '/detectedAt' }] },
  });
  t.match(await ask('sun', { ...INCIDENT, scope: { systems: ['maternal-health', 'none'] } }), {
    status: 400,
    body: { problems: [{ path: '/scope/systems/1' }] },
  });
}

async function walked(t: Test, bus: LaterBus): Promise<void> {
  const made = await bus.act('sun', '/v1/incidents', {
    ...INCIDENT,
    scope: { systems: ['tax-files'], entries: [ENTRY.id] },
  });
  const { id } = made;
  t.match(made, { state: 'detected', next: [{ act: 'start-plan' }, { act: 'notify-authority' }] });
  t.match(clockOf(made, 'I1'), {
    unit: 'h',
    length: 2,
    due: '2026-08-11T00:05:00+08:00',
    lateFrom: '2026-08-11T00:05:00+08:00',
    party: D,
    state: 'running',
  });
  for (const who of ['su', 'teng', 'huang'])
    t.match(await noticesAbout(bus, who, id), [{ kind: 'create', article: 'R35' }]);
  t.match(await bus.read('teng', `/v1/incidents/${id}`), { next: [] }, 'a party of the scope reads it');
  const act = (who: string, name: string, body: object = {}) =>
    bus.as(who, 'POST', `/v1/incidents/${id}/${name}`, body);
  t.match(await act('su', 'start-plan', { plan: 'p' }), { status: 403 });
  t.match(await act('sun', 'contain', { measures: 'm' }), { status: 409, body: { code: 'WRONG_STATE' } });
  t.match(await act('sun', 'start-plan'), { status: 422, body: { code: 'INCOMPLETE', problems: [{ path: '/plan' }] } });
  t.match(await act('sun', 'start-plan', { plan: 'no. 3' }), { status: 200, body: { state: 'plan_started' } });
  await bus.setClock('2026-08-10T23:30:00+08:00');
  const notice = { authority: 'cyberspace office', at: '2026-08-10T23:30:00+08:00', number: 'W-12' };
  t.match(await act('sun', 'notify-authority', { ...notice, at: '2026-08-11T09:00:00+08:00' }), { status: 400 });
  const notified = await act('sun', 'notify-authority', notice);
  t.match(notified.body, { state: 'plan_started' });
  t.match(clockOf(notified.body, 'I1'), { state: 'met' });
  t.match(await act('sun', 'contain', { measures: 'new tokens' }), { status: 200, body: { state: 'contained' } });
  t.match(await act('sun', 'report', { authority: 'cyberspace office' }), {
    status: 422,
    body: { problems: [{ path: '/attachments' }, { path: '/personsNotified' }] },
  });
  const report = {
    authority: 'cyberspace office',
    personsNotified: 'by letter',
    ...(await bus.paper('sun', 'report')),
  };
  t.match(await act('sun', 'report', report), { status: 200, body: { state: 'reported' } });
  t.match(await act('huang', 'review', { causes: 'c', lessons: 'l' }), { status: 200, body: { state: 'reviewed' } });
  t.match(await act('teng', 'close'), { status: 403 });
  t.match(await act('sun', 'close'), { status: 200, body: { state: 'closed', next: [] } });
  for (const who of ['sun', 'su', 'teng']) t.equal((await noticesAbout(bus, who, id, 'close')).length, 1, who);
  t.match((await bus.read('teng', `/v1/incidents?state=closed&entry=${ENTRY.id}`)).files, [{ id }]);
}

async function late(t: Test, bus: LaterBus): Promise<void> {
  await bus.setClock('2026-08-12T08:00:00+08:00');
  const detectedAt = '2026-08-12T08:00:00+08:00';
  const scope = { entries: [ENTRY.id], systems: ['tax-files'] };
  const make = (who: string, more: object = {}) =>
    bus.act(who, '/v1/incidents', { ...INCIDENT, detectedAt, scope, ...more });
  const ofUser = await make('sun');
  const ofProvider = await make('su', { reportClass: 'critical_infrastructure' });
  const general = await make('sun', { grade: 'general' });
  t.strictSame(general.clocks, []);
  const violations = async (id: string) =>
    (await bus.read('huang', `/v1/violations?about=${id}&document=true`)).files.map(({ document }: Body) => [
      document.code,
      document.party,
      document.clock,
    ]);
  await bus.setClock('2026-08-12T09:00:00+08:00');
  t.strictSame(await violations(ofProvider.id), [['P9', P, 'I1']], 'an entry of its own');
  t.strictSame(await violations(ofUser.id), []);
  await bus.setClock('2026-08-12T10:00:00+08:00');
  t.strictSame(await violations(ofUser.id), [['Q6', D, 'I1']], 'an entry of another department');
  t.match(await noticesAbout(bus, 'sun', ofUser.id, 'overdue'), [{ clock: 'I1', article: 'R35', to: D }]);
  t.match(await noticesAbout(bus, 'huang', ofUser.id, 'overdue'), [{ to: CD }]);
  for (const who of ['teng', 'su']) {
    t.strictSame(await noticesAbout(bus, who, ofUser.id, 'overdue'), [], `${who} is of the scope only, as ${T} is`);
  }
  t.match((await bus.read('sun', '/v1/desk?late=true')).items, [
    { file: { id: ofUser.id }, act: 'notify-authority', clock: 'I1' },
  ]);
  const known = await make('sun', { detectedAt: '2026-08-12T07:00:00+08:00' });
  t.match(clockOf(known, 'I1'), { state: 'late', due: '2026-08-12T09:00:00+08:00' }, 'late when it was entered');
  t.match(await violations(known.id), [['Q6', D, 'I1']]);
}
