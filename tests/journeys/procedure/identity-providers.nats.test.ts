import t from 'tap';
import { inSeconds, startIdentityProvider } from '../../support/identity-provider.js';
import { foundLawfulBus } from '../../support/lawful/lawful-bus.js';
import { P } from '../../support/lawful/people.js';
import { RawSession } from '../../support/raw-client/raw-client.js';

t.test('officers sign in with tokens of an identity provider, and are what their appointment says', async (t) => {
  const provider = await startIdentityProvider(t);
  await provider.addKey('RS256', 'k');
  const { issuer, jwks } = provider;
  const bus = await foundLawfulBus(t, { config: { oidc: [{ issuer, audience: 'sluice', jwks }] } });
  const tokenOf = (sub: string, more: object = {}) =>
    provider.token({ sub, aud: 'sluice', exp: inSeconds(300), ...more });
  const appoint = (id: string, roles: string[], by = 'gao') =>
    bus.as(by, 'POST', '/v1/officers', { id, name: { en: id }, roles, subject: `${issuer}|${id}` });

  const appointed = await appoint('fan', ['catalog_editor']);
  t.match(appointed, { status: 201, body: { officer: { id: 'fan', subject: `${issuer}|fan` } } });
  t.equal(appointed.body.token, undefined, 'who has a subject gets no token');
  const claims = { party: 'fujian-tax', roles: ['body_head', 'platform_operator'] };
  bus.tokens.set('fan', await tokenOf('fan', claims));
  t.match(await bus.read('fan', '/v1/whoami'), { id: 'fan', party: P, roles: ['catalog_editor'] });
  const draft = { id: `${P}.draft`, name: { zh: '草案' }, items: [] };
  t.match(await bus.as('fan', 'PUT', `/v1/catalog/${draft.id}`, draft), { status: 200, body: { state: 'draft' } });
  t.match(await bus.read('gao', `/v1/catalog/${draft.id}/file`), { history: [{ actor: 'officer:fan' }] });
  t.match(await bus.as('fan', 'POST', `/v1/catalog/${draft.id}/approve`), {
    status: 403,
    body: { code: 'NOT_YOUR_ROLE', article: 'R11' },
  });
  t.match(await bus.as('gao', 'POST', '/v1/officers/fan/renew-token'), { status: 409, body: { code: 'WRONG_STATE' } });
  t.match(await appoint('fan', ['applicant'], 'du'), { status: 409, body: { code: 'CONFLICT' } });
  const twice = { id: 'fan2', name: { en: 'f' }, roles: ['auditor'], subject: `${issuer}|fan` };
  t.match(await bus.as('du', 'POST', '/v1/officers', twice), {
    status: 409,
    body: { code: 'CONFLICT', problems: [{ path: '/subject' }] },
  });

  await appoint('hao', ['department_head']);
  bus.tokens.set('hao', await tokenOf('hao'));
  const refused = { status: 401, body: { code: 'NOT_AUTHENTICATED' } };
  t.match(await bus.as('hao', 'GET', '/v1/desk'), refused, 'a pending head');
  await bus.act('huang', '/v1/officers/hao/confirm');
  t.match(await bus.as('hao', 'GET', '/v1/desk'), { status: 200 });
  for (const token of [await tokenOf('nobody'), await tokenOf('fan', { aud: 'other' }), `${issuer}|fan`, 'eyJ.a.b']) {
    t.match(await bus.as(token, 'GET', '/v1/desk'), refused);
  }
  const session = RawSession.open({ url: bus.url, token: bus.tokens.get('fan') as string, encoding: 'sluice.v1.json' });
  await t.rejects(session, 'a session is for systems');
  await notices();

  await bus.act('gao', '/v1/officers/lin/change', { subject: `${issuer}|lin` });
  t.match(await bus.as('lin', 'GET', '/v1/desk'), refused, 'the token ends when a subject takes its place');
  bus.tokens.set('lin', await tokenOf('lin'));
  t.match(await bus.as('lin', 'GET', '/v1/desk'), { status: 200 });

  /** A stream of notices goes on under the office, and ends with it. */
  async function notices(): Promise<void> {
    const headers = { authorization: `Bearer ${bus.tokens.get('fan')}`, accept: 'text/event-stream' };
    const stream = await fetch(`${bus.url}/v1/notices`, { headers });
    t.equal(stream.status, 200);
    await bus.act('gao', '/v1/officers/fan/leave');
    t.match(await stream.text(), /event: ended\n.*NOT_AUTHENTICATED/s);
    t.match(await bus.as('fan', 'GET', '/v1/desk'), refused, 'who has left');
  }
});
