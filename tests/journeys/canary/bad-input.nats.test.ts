import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { DataFolder } from '../../../dashboard/canary/data-folder.js';
import { CANARY_SOURCE } from '../../../proto/canary.js';
import { OPERATOR_TOKEN, startBroker } from '../../support/broker/broker.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';
import { call } from '../../support/raw-client/raw-http.js';
import { startCanary, type TestCanary } from './canary-run.js';

const WAIT_MS = 20_000;
const ROUNDS = 'sluice_canary_rounds_total';

const delivered = (canary: TestCanary, transport: string): Promise<number> =>
  canary.sum(ROUNDS, { transport, outcome: 'delivered' });

t.test('a canary whose source has a token that the bus does not know says so, and it is no outage', async (t) => {
  const { url } = await startBroker(t, { config: { partitions: 1 } });
  const canary = await startCanary(t, url);
  await eventually(async () => (await delivered(canary, 'sse')) > 0, 'a round', WAIT_MS);
  const { status } = await call({ url, token: OPERATOR_TOKEN }, 'POST', `/v1/systems/${CANARY_SOURCE}/renew-token`);
  t.equal(status, 200);
  const isPaused = async (): Promise<boolean> => (await canary.sum('sluice_canary_paused', { reason: 'tokens' })) === 1;
  await eventually(isPaused, 'the pause', WAIT_MS);
  const isLeftOut = async (): Promise<boolean> => (await canary.sum(ROUNDS, { outcome: 'suspended' })) > 6;
  await eventually(isLeftOut, 'rounds that nobody is owed', WAIT_MS);
  t.equal(await canary.sum(ROUNDS, { outcome: 'missed' }), 0, canary.log());
  t.match(canary.log(), 'the bus does not know the tokens of the canary');
});

t.test('a canary reports once what it cannot search, and goes on when its folder vanishes', async (t) => {
  const { url } = await startBroker(t, { config: { partitions: 1 } });
  const missing = join(await temporaryFolder(t), 'nowhere.log');
  const canary = await startCanary(t, url, { logFiles: [missing], auditToken: 'this-is-no-token-of-the-bus' });
  await eventually(async () => (await delivered(canary, 'sse')) > 3, 'some rounds', WAIT_MS);
  for (const found of [
    `"medium":"logs","source":"${missing}","code":"ENOENT"`,
    '"medium":"ledger","source":"ledger"',
  ]) {
    t.equal(canary.log().split(found).length, 2, found);
  }
  await rm(canary.folder, { recursive: true });
  const before = await delivered(canary, 'pull');
  await eventually(async () => (await delivered(canary, 'pull')) > before + 1, 'more rounds', WAIT_MS);
});

t.test('a folder whose files were cut off, or that cannot be used, ends the start with what to do', async (t) => {
  const folder = join(await temporaryFolder(t), 'canary');
  await mkdir(folder);
  await writeFile(join(folder, 'name'), '');
  const first = await DataFolder.open(folder);
  t.match(first.name, /^[0-9a-f]{8}$/, 'an empty name is replaced');
  await writeFile(join(folder, 'tokens.json'), '{"source":"so');
  await t.rejects(first.tokens(undefined), /does not hold the tokens of a canary: remove it/);
  await rm(join(folder, 'tokens.json'));
  await t.rejects(first.tokens(undefined), /start once with SLUICE_TOKEN of the platform operator/);
  await first.close();
  const second = await DataFolder.open(folder);
  t.equal(second.name, first.name, 'and is kept');
  await second.close();
  const file = join(folder, 'file');
  await writeFile(file, '');
  await t.rejects(DataFolder.open(file), { name: 'CanaryConfigError', message: /cannot be the folder of a canary/ });
});
