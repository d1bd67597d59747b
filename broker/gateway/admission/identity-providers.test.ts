import { SignJWT } from 'jose';
import t from 'tap';
import { inSeconds, startIdentityProvider } from '../../../tests/support/identity-provider.js';
import { IdentityProviders } from './identity-providers.js';
import { ProviderKeys } from './provider-keys.js';

const AUDIENCE = 'sluice';
const claims = (more: object = {}) => ({ sub: 'wu', aud: AUDIENCE, exp: inSeconds(300), ...more });

t.test('tokens of an identity provider', async (t) => {
  const warnings: unknown[] = [];
  const log = { warn: (...given: unknown[]) => warnings.push(given) };
  const provider = await startIdentityProvider(t);
  for (const alg of ['RS256', 'PS256', 'ES256', 'EdDSA', 'ES384']) await provider.addKey(alg, alg);
  const { issuer, jwks } = provider;
  const providers = new IdentityProviders([{ issuer, audience: AUDIENCE, jwks }], log as never);
  const subject = `${issuer}|wu`;

  await t.test('name a person when signature, issuer, audience and time are right', async (t) => {
    for (const kid of ['RS256', 'PS256', 'ES256', 'EdDSA']) {
      const token = await provider.token(claims(), { kid });
      t.ok(providers.mayJudge(token));
      t.match(await providers.identityOf(token), { subject }, kid);
    }
    t.match(await providers.identityOf(await provider.token(claims({ aud: ['other', AUDIENCE] }))), { subject });
    const late = await providers.identityOf(await provider.token(claims({ exp: inSeconds(-50) })));
    t.match(late, { subject }, 'a minute of tolerance');
    t.equal(provider.requests, 1, 'the keys are fetched once');
  });

  await t.test('are refused for whatever is wrong with them', async (t) => {
    const refused = async (what: string, token: string): Promise<void> => {
      t.equal(await providers.identityOf(token), undefined, what);
    };
    await refused('over', await provider.token(claims({ exp: inSeconds(-61) })));
    await refused('not begun', await provider.token(claims({ nbf: inSeconds(120) })));
    await refused('without end', await provider.token({ sub: 'wu', aud: AUDIENCE }));
    await refused('another audience', await provider.token(claims({ aud: 'another' })));
    await refused('another issuer', await provider.token(claims({ iss: 'https://another.example' })));
    await refused('no subject', await provider.token({ aud: AUDIENCE, exp: inSeconds(300) }));
    await refused('a subject that is no text', await provider.token(claims({ sub: 7 as never })));
    await refused('an algorithm that is not taken', await provider.token(claims(), { kid: 'ES384' }));
    const [head = '', body = '', signature = ''] = (await provider.token(claims())).split('.');
    const forged = Buffer.from(JSON.stringify({ iss: issuer, ...claims({ sub: 'huang' }) })).toString('base64url');
    await refused('other claims', [head, forged, signature].join('.'));
    const none = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    await refused('no signature', `${none}.${body}.`);
    t.notOk(providers.mayJudge(`${none}.${body}.`));
    const secret = new TextEncoder().encode(JSON.stringify(provider.publicKeys[0]));
    const shared = new SignJWT({ iss: issuer, ...claims() }).setProtectedHeader({ alg: 'HS256', kid: 'RS256' });
    await refused('a shared secret', await shared.sign(secret));
    for (const text of ['eyJ.a.b', 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln', 'slc_token', '']) await refused(text, text);
    t.same(warnings, [], 'nobody who sends rubbish fills the log');
  });

  await t.test('may leave out which of several keys has signed them', async (t) => {
    const several = await startIdentityProvider(t);
    for (const kid of ['old', 'new', 'kept back']) await several.addKey('ES256', kid, kid === 'kept back');
    const own = new IdentityProviders(
      [{ issuer: several.issuer, audience: AUDIENCE, jwks: several.jwks }],
      log as never,
    );
    for (const kid of ['old', 'new']) {
      const token = await several.token(claims(), { kid, isUnnamed: true });
      t.match(await own.identityOf(token), { subject: `${several.issuer}|wu` }, kid);
    }
    const foreign = await several.token(claims(), { kid: 'kept back', isUnnamed: true });
    t.equal(await own.identityOf(foreign), undefined, 'of a key that is not published');
    const over = await several.token(claims({ exp: inSeconds(-61) }), { kid: 'new', isUnnamed: true });
    t.equal(await own.identityOf(over), undefined, 'over');
  });

  await t.test('are judged by keys given in the configuration, with a claim of its own', async (t) => {
    const given = { issuer, audience: AUDIENCE, jwks: { keys: provider.publicKeys }, subjectClaim: 'employee' };
    const own = new IdentityProviders([{ ...given, audience: 'a' }, given], log as never);
    const before = provider.requests;
    t.match(await own.identityOf(await provider.token(claims({ employee: 'e-7' }))), { subject: `${issuer}|e-7` });
    t.equal(await own.identityOf(await provider.token(claims())), undefined, 'without the claim');
    t.equal(provider.requests, before);
  });
});

t.test('the keys of a provider are asked for again at bounded intervals', async (t) => {
  const provider = await startIdentityProvider(t);
  const failures: unknown[] = [];
  let nowMs = 1_000_000;
  const keys = new ProviderKeys({ url: provider.jwks, onFailure: (error) => failures.push(error), now: () => nowMs });
  const find = async (kid: string) => keys.find({ alg: 'ES256', kid }, { payload: '', signature: '' } as never);

  provider.answer = { status: 500, body: '' };
  await t.rejects(find('a'));
  await t.rejects(find('a'));
  t.match([provider.requests, failures.length], [1, 1], 'a provider that fails is not asked by every caller');
  nowMs += 10_000;
  provider.answer = { status: 200, body: Buffer.alloc(300 * 1024, ' ') };
  await t.rejects(find('a'));
  t.match(failures.at(-1), { message: /bytes/ });
  nowMs += 10_000;
  provider.answer = { status: 302, body: '' };
  await t.rejects(find('a'), 'a redirect is not followed');
  nowMs += 10_000;
  provider.answer = undefined;
  await provider.addKey('ES256', 'a');
  t.ok(await find('a'));
  t.equal(provider.requests, 4);

  await provider.addKey('ES256', 'b');
  await t.rejects(find('b'), 'asked a moment ago');
  t.equal(provider.requests, 4);
  nowMs += 60_000;
  await t.rejects(find('forged'));
  t.ok(await find('b'), 'a new key is found with the next question');
  t.equal(provider.requests, 5);

  await provider.close();
  nowMs += 11 * 60_000;
  t.ok(await find('a'), 'keys stay usable while the provider is away');
  nowMs += 60 * 60_000;
  await t.rejects(find('a'), { message: /cannot be had/ }, 'for an hour');
});
