import t from 'tap';
import type { Config } from '../../../broker/config.js';
import {
  CANARY_FOLLOWER,
  CANARY_PARTY,
  CANARY_SOURCE,
  canaryEntry,
  canaryEntryId,
  canaryGrant,
  canaryGrantId,
} from '../../../proto/canary.js';
import { OPERATOR_TOKEN, startBroker } from '../../support/broker/broker.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { call, type RawAnswer } from '../../support/raw-client/raw-http.js';

const PARTITIONS = 2;
const REGISTRATION: Partial<Config> = { platformRegistration: { platform: 'p', owner: 'o', number: '1' } };
const AUDITOR_TOKEN = 'auditor-token-of-this-test';

const auditor = {
  parties: [{ id: 'audit', name: 'Audit', level: 'city', regionCode: '350100' }],
  officers: [{ id: 'auditor', party: 'audit', roles: ['auditor'], token: AUDITOR_TOKEN }],
};

interface Item {
  id: string;
}
type Asked = (method: string, path: string, body?: unknown, token?: string) => Promise<RawAnswer>;

const askerOf =
  (url: string): Asked =>
  (method, path, body, token = OPERATOR_TOKEN) =>
    call({ url, token }, method, path, body === undefined ? undefined : JSON.stringify(body));

t.test('the bus makes the canary once, as an act of its own, and it is in no list', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = await startBroker(t, { config: { dataDir, partitions: PARTITIONS } });
  await first.apply(auditor);
  await first.broker.drain();
  const { url } = await startBroker(t, { config: { dataDir, partitions: PARTITIONS } });
  const ask = askerOf(url);
  const ledger = await ask('GET', '/v1/ledger?limit=1000', undefined, AUDITOR_TOKEN);
  const { records } = ledger.json as { records: { kind: string; id: string; actor: string }[] };
  const ofCanary = records.filter(({ id }) => id.startsWith(CANARY_PARTY));
  t.strictSame(
    ofCanary.map(({ kind, id }) => `${kind} ${id}`),
    [
      `party ${CANARY_PARTY}`,
      `system ${CANARY_SOURCE}`,
      `system ${CANARY_FOLLOWER}`,
      ...[0, 1].flatMap((one) => [`entry ${canaryEntryId(one)}`, `grant ${canaryGrantId(one)}`]),
    ],
    'a second start adds nothing',
  );
  t.ok(ofCanary.every(({ actor }) => actor === 'bus'));
  const byBus = records.filter(
    ({ actor, kind, id }) => actor === 'bus' && kind !== 'bus' && !id.startsWith(CANARY_PARTY),
  );
  t.strictSame(
    byBus.map(({ id }) => id),
    ['platform-operator'],
    'the bus makes nothing else but its first operator',
  );
  for (const path of ['/v1/catalog', '/v1/catalog?q=canary', '/v1/grants', '/v1/systems', '/v1/lag']) {
    t.notMatch((await ask('GET', path)).text, CANARY_PARTY, path);
  }
  t.match((await ask('GET', `/v1/catalog/${canaryEntryId(0)}`)).json, { code: 'NOT_FOUND' });
});

t.test('nobody adds to the canary, on a trial bus or a registered one', async (t) => {
  const department = {
    parties: [
      {
        id: 'north',
        name: 'North',
        level: 'city',
        regionCode: '350100',
        type: 'gov_dept',
        creditCode: '11350100MB00000001',
      },
    ],
    systems: [{ id: 'north-read', party: 'north', may: ['subscribe'] }],
    entries: [{ ...canaryEntry(0), id: 'north.permit' }],
  };
  const grant = canaryGrant(0);
  const foreign = [
    { parties: [{ id: CANARY_PARTY, name: 'Mine', level: 'city', regionCode: '350100' }] },
    { parties: [{ id: 'below', name: 'B', level: 'city', regionCode: '350100', superior: CANARY_PARTY }] },
    { parties: [{ id: 'beside', name: 'B', level: 'city', regionCode: '350100', lineMinistry: CANARY_PARTY }] },
    { parties: [{ id: `${CANARY_PARTY}-2`, name: 'Taken for it', level: 'city', regionCode: '350100' }] },
    { systems: [{ id: `${CANARY_SOURCE}-2`, party: 'north', may: ['publish'] }] },
    { officers: [{ id: CANARY_FOLLOWER, party: 'north', roles: ['auditor'] }] },
    { systems: [{ id: 'another', party: CANARY_PARTY, may: ['subscribe'] }] },
    { systems: [{ id: CANARY_FOLLOWER, party: 'north', may: ['subscribe', 'publish'] }] },
    { systems: [{ id: CANARY_FOLLOWER, party: CANARY_PARTY, may: ['subscribe'], token: 'a-token-of-my-own-choice' }] },
    { officers: [{ id: 'keeper', party: CANARY_PARTY, roles: ['body_head'] }] },
    { entries: [{ ...canaryEntry(0), id: `${CANARY_PARTY}.another` }] },
    { grants: [{ ...grant, id: 'g', system: 'north-read' }] },
    { grants: [{ ...grant, id: 'g', entry: 'north.permit' }] },
    { grants: [{ ...grant, rows: {} }] },
    { grants: [{ ...grant, id: canaryGrantId(9), system: 'north-read', entry: 'north.permit' }] },
  ];
  for (const mode of [{}, REGISTRATION]) {
    const { url, apply } = await startBroker(t, { config: { partitions: PARTITIONS, ...mode } });
    const ask = askerOf(url);
    const isTrial = mode !== REGISTRATION;
    await apply(isTrial ? department : { parties: department.parties });
    for (const bundle of foreign) {
      const answer = await ask('POST', '/v1/bundles', bundle);
      // A registered bus takes nothing but parties by bundle.
      const code = isTrial || bundle.parties ? 'BUNDLE_INVALID' : /NOT_YOUR_ROLE|TRIAL_ONLY/;
      t.match(answer.json, { code }, JSON.stringify(bundle).slice(0, 60));
      if (isTrial) t.match(answer.text, /canary that the bus makes|belongs to sluice-canary/, 'and says why');
    }
    const refused = isTrial ? /GRANT_INVALID|ENTRY_INVALID|NOT_ALLOWED/ : /TRIAL_ONLY|NOT_YOUR_ROLE|NOT_FOUND/;
    const entry = `/v1/catalog/${canaryEntryId(0)}`;
    for (const [method, path, body] of [
      ['POST', '/v1/grants', { ...grant, rows: {} }],
      ['POST', `/v1/grants/${grant.id}/terminate`, { reason: 'r' }],
      ['PUT', `${entry}/draft`, canaryEntry(0)],
      ['POST', `${entry}/publish`, undefined],
      ['POST', `${entry}/withdraw`, { reason: 'r' }],
    ] as const) {
      const { code = '' } = (await ask(method, path, body)).json as { code?: string };
      t.match(code, refused, `${method} ${path}`);
    }
  }
});

/** Parameters by which a route of the document is called; the rest are of the canary. */
const PARAMETERS: Record<string, string> = {
  '{grant}': canaryGrantId(0),
  '{entry}': canaryEntryId(1),
  '{cursor}': 'c',
  '{position}': '1',
  '{id}': CANARY_FOLLOWER,
};

t.test('the two tokens of the canary open its own stream and nothing else', async (t) => {
  const { url } = await startBroker(t, { config: { partitions: PARTITIONS, ...REGISTRATION } });
  const ask = askerOf(url);
  const tokenOf = async (system: string): Promise<string> =>
    ((await ask('POST', `/v1/systems/${system}/renew-token`)).json as { token: string }).token;
  const [source, follower] = [await tokenOf(CANARY_SOURCE), await tokenOf(CANARY_FOLLOWER)];
  t.match((await ask('POST', '/v1/officers/platform-operator/renew-token')).json, { code: 'NOT_YOUR_ROLE' });

  const { paths } = (await ask('GET', '/docs/json')).json as { paths: Record<string, Record<string, object>> };
  const opened = new Set<string>();
  for (const [path, methods] of Object.entries(paths)) {
    const named = path.replace('/v1/grants/{id}', '/v1/grants/{grant}');
    const address = named.replaceAll(/\{\w+\}/g, (name) => PARAMETERS[name] ?? 'x');
    for (const method of Object.keys(methods)) {
      for (const token of [source, follower]) {
        if (path === '/v1/stream') continue;
        const open = await ask(method.toUpperCase(), address, undefined, 'nobody-has-this-token-at-all');
        if (open.status < 400) continue;
        const { status } = await ask(method.toUpperCase(), address, undefined, token);
        if (status < 300) opened.add(`${method.toUpperCase()} ${path}`);
      }
    }
  }
  t.strictSame([...opened].sort(), [...OPENED].sort());
  const visible = (await ask('GET', '/v1/grants', undefined, follower)).json as { grants: Item[] };
  t.strictSame(
    visible.grants.map(({ id }) => id),
    [0, 1].map(canaryGrantId),
  );
  t.strictSame(((await ask('GET', '/v1/grants', undefined, source)).json as { grants: Item[] }).grants, []);
});

/** Each shows the canary alone, its grants, cursors, dead letters and systems, or what is for any credential. */
const OPENED = [
  'GET /metrics/grants',
  ...['', '/asyncapi.json', '/event.proto', '/schema.json'].map((more) => `GET /v1/catalog/{entry}${more}`),
  'GET /v1/grants',
  'GET /v1/grants/{id}',
  ...['asyncapi.json', 'cursors', 'dead-letters', 'event.proto', 'events', 'schema.json'].map(
    (more) => `GET /v1/grants/{grant}/${more}`,
  ),
  'GET /v1/lag',
  'GET /v1/systems',
  'GET /v1/whoami',
  'POST /v1/tickets',
];
