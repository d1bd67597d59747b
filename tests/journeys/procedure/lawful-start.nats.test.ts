import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ROLES } from '../../../broker/parties/officer.js';
import { eventually } from '../../support/condition.js';
import { temporaryFolder } from '../../support/nats/nats.js';

const WAIT_MS = 60_000;
const LINE = /^(officer|system) (\S+) (\S+) (\S+) (\S+)$/gm;

interface Started {
  child: ChildProcess;
  output(): string;
  isServing(): Promise<void>;
  stop(): Promise<void>;
}

function start(t: Test, dataDir: string): Started {
  const main = new URL('../../../cli/main.js', import.meta.url).pathname;
  const { SLUICE_BOOTSTRAP_TOKEN: _token, ...inherited } = process.env;
  const env = { ...inherited, SLUICE_PORT: '0', SLUICE_DATA: dataDir };
  const child = spawn(process.execPath, [main, 'demo', '--lawful'], { stdio: ['ignore', 'pipe', 'pipe'], env });
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => (output += chunk));
  const isServing = async () => {
    await eventually(
      () => output.includes('sluice is serving at') || child.exitCode !== null,
      'the bus to serve',
      WAIT_MS,
    );
    if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${output}`);
  };
  const stop = async () => {
    child.kill('SIGINT');
    if (child.exitCode === null) await once(child, 'exit');
  };
  return { child, output: () => output, isServing, stop };
}

const everybody = (output: string) =>
  [...output.matchAll(LINE)].map(([, what, id, party, roles, token]) => ({ what, id, party, roles, token }));

const urlIn = (output: string) => /http:\/\/[\d.:]+/.exec(output)?.[0] ?? '';

/** The time that the bus tells its first operator; undefined while it cannot be asked. */
async function timeOfBus(dataDir: string, output: string): Promise<string | undefined> {
  try {
    const url = urlIn(output);
    const { founding } = JSON.parse(await readFile(join(dataDir, 'lawful-start.json'), 'utf8'));
    const answer = await fetch(`${url}/v1/clock`, { headers: { authorization: `Bearer ${founding.operatorToken}` } });
    return ((await answer.json()) as { now?: string }).now;
  } catch {
    return undefined;
  }
}

t.test('npm start -- --lawful founds a registered bus with an officer for every role, also after a kill', async (t) => {
  const dataDir = join(await temporaryFolder(t), 'data');
  const killed = start(t, dataDir);
  await eventually(
    async () => (await timeOfBus(dataDir, killed.output()))?.startsWith('2025-12-01') === true,
    'its clock',
    WAIT_MS,
  );
  killed.child.kill('SIGKILL');
  await once(killed.child, 'exit');
  t.notMatch(killed.output(), /^officer/m, 'it was killed amid its founding');

  const second = start(t, dataDir);
  await second.isServing();
  const found = everybody(second.output());
  const url = urlIn(second.output());
  const roles = new Set(found.filter(({ what }) => what === 'officer').map((one) => one.roles));
  t.strictSame([...roles].sort(), [...ROLES].sort(), 'every role has somebody');
  t.match(
    found.find(({ id }) => id === 'pan'),
    { party: 'fujian-data-bureau', roles: 'platform_operator' },
  );
  for (const { id, token } of found) {
    const answer = await fetch(`${url}/v1/clock`, { headers: { authorization: `Bearer ${token}` } });
    t.match(
      await answer.json(),
      { now: /^2025-12-01T1/, test: true, calendarVersions: ['cn@2025.1', 'cn@2026.1'] },
      String(id),
    );
  }
  t.match(
    found.filter(({ what }) => what === 'system').map(({ id, party, roles: may }) => `${id} ${party} ${may}`),
    [
      'civil-registry fujian-civil-affairs publish',
      'maternal-health fujian-health subscribe',
      'tax-files fujian-tax subscribe',
    ],
  );
  t.notMatch(await readFile(join(dataDir, 'lawful-start.json'), 'utf8'), /token|code/i, 'its secrets are gone');
  await second.stop();

  const third = start(t, dataDir);
  await third.isServing();
  t.strictSame(
    everybody(third.output()),
    found.map((one) => ({ ...one, token: 'kept' })),
  );
  await third.stop();
});

t.test('npm start -- --lawful refuses a folder that holds something else', async (t) => {
  const dataDir = await temporaryFolder(t);
  await mkdir(join(dataDir, 'jetstream'));
  await writeFile(join(dataDir, 'secret'), 'a secret of at least thirty-two characters');
  const started = start(t, dataDir);
  await once(started.child, 'exit');
  t.equal(started.child.exitCode, 2);
  t.match(started.output(), /holds something else: --lawful would register the bus in it/);
});
