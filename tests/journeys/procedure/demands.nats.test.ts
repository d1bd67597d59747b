import t from 'tap';
import { BIRTH_ID, publishEntries, REGION, REGION_ID } from '../../support/lawful/entries.js';
import { type Body, foundLawfulBus } from '../../support/lawful/lawful-bus.js';
import { P, T } from '../../support/lawful/people.js';

t.test('what a department needs or consents to beside the catalog', async (t) => {
  const bus = await foundLawfulBus(t);
  await publishEntries(bus);

  await t.test('a demand is brought before departments, and pointed to an entry', async (t) => {
    const given = {
      title: { zh: '新生儿' },
      items: ['date of birth'],
      dutyBasis: 'Law, article 24',
      scenario: 'vaccination',
    };
    t.match(await bus.as('wu', 'POST', '/v1/demands', { title: 'x' }), {
      status: 422,
      body: { code: 'INCOMPLETE', article: 'R20', problems: [{ path: '/items' }, { path: '/dutyBasis' }, {}] },
    });
    t.match(await bus.as('xu', 'POST', '/v1/demands', given), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
    t.match(await bus.as('wu', 'POST', '/v1/demands', { ...given, provider: P }), {
      status: 400,
      body: { code: 'BAD_REQUEST', article: 'R8', problems: [{ path: '/provider' }] },
    });
    const { id, state } = await bus.act('wu', '/v1/demands', given);
    t.equal(state, 'raised');
    const act = (who: string, name: string, body: object = {}) =>
      bus.as(who, 'POST', `/v1/demands/${id}/${name}`, body);
    t.match(await bus.as('lin', 'GET', `/v1/demands/${id}`), { status: 404 }, 'nobody else is asked yet');
    t.match(await act('huang', 'ask-provider', { party: 'nobody', text: 't' }), {
      status: 400,
      body: { problems: [{ path: '/party' }] },
    });
    await bus.act('huang', `/v1/demands/${id}/ask-provider`, { party: T, text: 'have you got it?' });
    t.match(await act('lin', 'answer', { possible: true, text: 't' }), { status: 404 });
    t.match(await act('tao', 'answer', { possible: false, text: 'no' }), {
      status: 422,
      body: { code: 'NO_REASON', article: 'R20' },
    });
    const no = { possible: false, text: 'no', reason: 'civil affairs has it' };
    t.match(await bus.act('tao', `/v1/demands/${id}/answer`, no), { state: 'raised' });
    await bus.act('huang', `/v1/demands/${id}/ask-provider`, { party: P, text: 'and you?' });
    t.match(await bus.read('tao', `/v1/demands/${id}`), { state: 'asked' }, 'a party once asked stays one');
    t.match(await act('tao', 'answer', { possible: true, text: 't' }), {
      status: 403,
      body: { code: 'NOT_YOUR_ROLE' },
    });
    await bus.act('lin', `/v1/demands/${id}/answer`, { possible: true, text: 'see our catalog' });
    t.match(await act('huang', 'point', { entry: `${P}.none` }), {
      status: 409,
      body: { code: 'WRONG_STATE', problems: [{ path: '/entry' }] },
    });
    t.match(await bus.act('huang', `/v1/demands/${id}/point`, { entry: BIRTH_ID }), {
      state: 'pointed',
      links: { entry: `/v1/catalog/${BIRTH_ID}` },
    });
    t.match(await act('wu', 'close'), { status: 422, body: { code: 'NO_REASON' } });
    t.match(await bus.act('wu', `/v1/demands/${id}/close`, { reason: 'found' }), { state: 'closed', next: [] });
    t.match((await bus.read('wu', `/v1/demands/${id}`)).document, {
      asked: [{ party: T }, { party: P }],
      answers: [
        { party: T, possible: false },
        { party: P, possible: true },
      ],
    });
    t.match((await bus.read('wu', `/v1/demands?entry=${BIRTH_ID}`)).files, [{ id }]);
  });

  await t.test('a standing consent is for unconditional entries, one at a time, until it is over', async (t) => {
    const consent = (body: object, who = 'lin') => bus.as(who, 'POST', '/v1/consents', { kind: 'standing', ...body });
    const until = '2025-12-31';
    t.match(await consent({ entry: BIRTH_ID, until }), {
      status: 403,
      body: { code: 'NOT_SHARED', article: 'R14', links: { dispute: '/v1/disputes' } },
    });
    t.match(await consent({}), {
      status: 422,
      body: { code: 'INCOMPLETE', problems: [{ path: '/entry' }, { path: '/until' }] },
    });
    t.match(await consent({ entry: REGION_ID, until }, 'xu'), { status: 403, body: { code: 'NOT_YOUR_ROLE' } });
    t.match(await consent({ entry: REGION_ID, until: '2025-11-30' }), { status: 400, body: { code: 'BAD_REQUEST' } });
    const first = await consent({ entry: REGION_ID, until });
    t.match(first, { status: 201, body: { state: 'in_force' } });
    t.match(await consent({ entry: REGION_ID, until }), { status: 409, body: { code: 'CONFLICT' } });
    t.match(await bus.as('wu', 'GET', `/v1/consents/${first.body.id}`), { status: 404 });
    t.match(await bus.as('lin', 'POST', `/v1/consents/${first.body.id}/revoke`, {}), {
      status: 422,
      body: { code: 'NO_REASON' },
    });
    t.match(await bus.act('lin', `/v1/consents/${first.body.id}/revoke`, { reason: 'r' }), { state: 'revoked' });
    const second = (await consent({ entry: REGION_ID, until })).body;
    await bus.setClock('2026-01-01T00:00:00+08:00');
    t.match(await bus.read('huang', `/v1/consents/${second.id}`), { state: 'expired' });
    t.equal((await consent({ entry: REGION_ID, until: '2026-12-31' })).status, 201);
  });

  await t.test('an onward consent is about items of a grant, and an entry made of it asks for one', async (t) => {
    for (const lacking of [{}, { items: [] }]) {
      const consent = { kind: 'onward', until: '2026-12-31', ...lacking };
      t.match(await bus.as('lin', 'POST', '/v1/consents', consent), {
        status: 422,
        body: {
          code: 'INCOMPLETE',
          article: 'R25',
          problems: ['grant', 'items', 'toParty'].map((one) => ({ path: `/${one}` })),
        },
      });
    }
    const derived: Body = { ...REGION, id: `${P}.derived`, derivedFrom: [{ grant: 'gr-none', items: ['code'] }] };
    const { digest } = (await bus.as('chen', 'PUT', `/v1/catalog/${derived.id}`, derived)).body;
    await bus.act('zhao', `/v1/catalog/${derived.id}/approve`, { digest });
    t.match(await bus.as('lin', 'POST', `/v1/catalog/${derived.id}/submit`, {}), {
      status: 403,
      body: { code: 'CONSENT_MISSING', article: 'R25', problems: [{ path: '/derivedFrom/0' }] },
    });
  });
});
