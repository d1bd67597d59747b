import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { Ledger } from '../../../broker/ledger/ledger.js';
import type { LedgerRecord } from '../../../broker/ledger/record.js';
import type { EmbeddedServer } from '../../../broker/nats/server/embedded-server.js';
import { SHARED_SECRET, startBroker } from '../../support/broker/broker.js';
import { openLedger } from '../../support/broker/ledger.js';
import { eventually } from '../../support/condition.js';
import { found, LAWFUL, type LawfulBus, startLawfulBus, YEAR } from '../../support/lawful/lawful-bus.js';
import { D, P, PARTIES } from '../../support/lawful/people.js';
import { connect, startNats, temporaryFolder } from '../../support/nats/nats.js';

const GRANTS = Number(process.env.SLUICE_TRIAL_GRANTS ?? 600);
const PUBLISHER = 'publisher-of-the-trial-0123456789';
const SUBSCRIBER = 'subscriber-of-the-trial-0123456789';
const EDITOR = 'editor-of-the-trial-0123456789';
const ENDED = 'ended-by-registration';
const WAIT_MS = 60_000;
const BIRTH = `${P}.birth`;

const entry = (id: string): object => ({
  id,
  name: { en: id },
  sharingAttribute: 'conditional',
  items: [{ name: 'idNumber', type: 'string', identifier: true, required: true }],
});

const grant = (number: number): object => ({
  id: `g-${number}`,
  system: 'maternal-health',
  entry: BIRTH,
  items: [{ name: 'idNumber' }],
  purpose: 'p',
  basis: 'b',
  period: { from: '2020-01-01', to: '2099-12-31' },
  history: 'all',
});

/** As trials register them: without what a registered bus asks for. */
const bare = (party: object): object => ({ ...party, type: undefined, creditCode: undefined });

const TRIAL = {
  parties: PARTIES.map((party) => ((party as { id: string }).id === D ? bare(party) : party)),
  systems: [
    { id: 'civil-registry', party: P, may: ['publish'], token: PUBLISHER },
    { id: 'maternal-health', party: D, may: ['subscribe'], token: SUBSCRIBER },
  ],
  officers: [{ id: 'chen', party: P, roles: ['catalog_editor'], token: EDITOR }],
  entries: [entry(BIRTH), entry(`${P}.death`)],
  grants: Array.from({ length: GRANTS }, (_, number) => grant(number)),
};

/** A store as a trial leaves it: published entries, grants, one of them suspended, a draft and tokens. */
async function trialOn(t: Test, nats: EmbeddedServer): Promise<void> {
  const trial = await startBroker(t, { nats });
  await trial.apply(TRIAL);
  const as = (token: string, method: string, path: string, body: object) =>
    fetch(`${trial.url}${path}`, {
      method,
      body: JSON.stringify(body),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
    });
  const draft = await as(EDITOR, 'PUT', `/v1/catalog/${P}.marriage`, entry(`${P}.marriage`));
  t.equal(draft.status, 200);
  await as(trial.operatorToken, 'POST', '/v1/grants/g-1/suspend', { reason: 'r' });
  await trial.broker.drain();
}

/** Starts a broker with a registration and kills it as soon as it has ended some of the trial. */
async function killedAmidRegistration(t: Test, nats: EmbeddedServer, ledger: Ledger): Promise<void> {
  const dataDir = await temporaryFolder(t);
  const config = join(dataDir, 'sluice.yaml');
  await writeFile(config, JSON.stringify({ platformRegistration: LAWFUL.platformRegistration, testClock: true }));
  const main = new URL('../../../broker/main.js', import.meta.url).pathname;
  const url = new URL(nats.url);
  Object.assign(url, { username: nats.user, password: nats.pass });
  const env = {
    ...process.env,
    SLUICE_PORT: '0',
    SLUICE_DATA: dataDir,
    SLUICE_CONFIG: config,
    SLUICE_NATS: url.href,
    SLUICE_SECRET: SHARED_SECRET,
    SLUICE_LOG_LEVEL: 'silent',
  };
  const child = spawn(process.execPath, [main], { stdio: 'ignore', env });
  t.teardown(() => child.kill('SIGKILL'));
  const stop = ledger.onRecord(({ act }) => {
    if (act === ENDED) child.kill('SIGKILL');
  });
  await once(child, 'exit');
  stop();
}

async function recordsOf(ledger: Ledger): Promise<LedgerRecord[]> {
  const all: LedgerRecord[] = [];
  for (let after = 0; ; ) {
    const page = await ledger.read({ after, limit: 1_000 });
    all.push(...page);
    const last = page.at(-1);
    if (!last) return all;
    after = last.seq;
  }
}

t.test(
  'registering a trial ends its grants, entries, officers and tokens, also when it is killed amid it',
  async (t) => {
    const nats = await startNats(t);
    await trialOn(t, nats);
    const ledger = await openLedger(t, await connect(t, nats), []);
    await killedAmidRegistration(t, nats, ledger);
    const ended = async () => (await recordsOf(ledger)).filter(({ act }) => act === ENDED).length;
    const before = await ended();
    t.ok(before > 0 && before < GRANTS + 3, `${before} were ended before the kill`);
    const bus = await startLawfulBus(t, { nats });
    t.equal(await ended(), GRANTS + 3, 'grants, two systems and an officer, once each');
    const acts = (await recordsOf(ledger)).filter(({ act }) => /registration|registered|trial-ended/.test(act));
    t.equal(new Set(acts.map(({ kind, id, act }) => `${kind}/${id} ${act}`)).size, acts.length, 'nothing twice');
    t.strictSame(
      acts.filter(({ kind }) => kind === 'entry').map(({ id, act }) => `${id} ${act}`),
      [
        `${BIRTH} unpublished-by-registration`,
        `${P}.death unpublished-by-registration`,
        `${P}.marriage kept-by-registration`,
      ],
    );
    t.strictSame(
      acts.filter(({ kind }) => kind === 'bus').map(({ act }) => act),
      ['registered', 'trial-ended'],
    );
    t.notOk(
      acts.some(({ id }) => id.includes('canary')),
      'the canary stays',
    );
    for (const token of [PUBLISHER, SUBSCRIBER, EDITOR])
      t.match(await bus.as(token, 'GET', '/v1/clock'), { status: 401 });

    await t.test('its departments are founded on what is left', (t) => foundOnTrial(t, bus));
    t.test('a further start ends nothing more', async (t) => {
      const { head } = ledger;
      await startLawfulBus(t, { nats });
      await eventually(() => ledger.head > head, 'the record of the start', WAIT_MS);
      t.equal(await ended(), GRANTS + 3);
    });
  },
);

async function foundOnTrial(t: Test, bus: LawfulBus): Promise<void> {
  await found(bus, YEAR);
  t.match(await bus.read('xu', `/v1/parties/${D}`), { document: { type: 'gov_dept', creditCode: /^11/ } }, 'completed');
  t.match(await bus.as('pan', 'POST', `/v1/parties/${D}/change`, { level: 'city' }), {
    status: 400,
    body: { code: 'BAD_REQUEST', problems: [{ path: '/level' }] },
  });
  const one = await bus.read('xu', '/v1/grants/g-1');
  t.match(one, {
    state: 'terminated',
    status: 'terminated',
    next: [],
    history: [{ act: ENDED, from: 'suspended', actor: 'bus' }],
  });
  t.match(await bus.as('maternal-health', 'GET', '/v1/grants/g-0/events'), {
    status: 403,
    body: { code: 'GRANT_NOT_IN_FORCE' },
  });
  t.match(await bus.as('chen', 'GET', `/v1/catalog/${BIRTH}`), { status: 404 }, 'it is not published');
  const file = await bus.read('chen', `/v1/catalog/${BIRTH}/file`);
  t.match(file, { state: 'draft', history: [{ act: 'unpublished-by-registration', from: 'published', to: 'draft' }] });
  t.match(await bus.as('chen', 'PUT', `/v1/catalog/${BIRTH}`, { ...entry(BIRTH), abstract: 'Births' }), {
    status: 200,
    body: { state: 'draft', changed: true },
  });
  const application = { entry: BIRTH };
  t.match(await bus.as('wu', 'POST', '/v1/applications', application), {
    status: 422,
    body: { code: 'NOT_IN_CATALOG' },
  });
}
