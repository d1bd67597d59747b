import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { startBroker } from '../../../tests/support/broker/broker.js';
import { eventually } from '../../../tests/support/condition.js';
import { sluice } from '../../../tests/support/connectors/recording-terminal.js';
import { person, REGISTER_BUNDLE } from '../../../tests/support/connectors/register-bundle.js';
import { RawSession } from '../../../tests/support/raw-client/raw-client.js';
import { publishBatch } from '../../../tests/support/raw-client/raw-http.js';

const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));

t.test('top shows credit and lag of a session that does not acknowledge', async (t) => {
  const bus = await startBroker(t);
  await bus.apply(REGISTER_BUNDLE);
  const session = await RawSession.open({
    url: bus.url,
    token: 'reader-one-token-0123456789',
    encoding: 'sluice.v1.json',
  });
  await session.subscribe({ grant: 'g-one', credit: 5 });
  await publishBatch({ url: bus.url, token: 'registry-source-token-0123456789' }, [person(0), person(1)]);
  await eventually(
    async () => {
      const { out, exitCode } = await sluice(
        'top',
        '--json',
        '--count',
        '1',
        '--url',
        bus.url,
        '--token',
        bus.operatorToken,
      );
      t.equal(exitCode, 0);
      const { ready, grants, parties } = JSON.parse(out);
      t.equal(ready, true);
      const one = grants.find(({ grant }: { grant: string }) => grant === 'g-one');
      t.match(
        parties.find(({ id }: { id: string }) => id === 'reader'),
        { connected: 1 },
      );
      return one.lagEvents === 2 && one.creditEvents === 3 && one.delivered === 2 && one.connected;
    },
    'top shows both events',
    10_000,
  );
  const two = await sluice('top', '--json', '--count', '2', '--url', bus.url, '--token', bus.operatorToken);
  const samples = two.out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
  const entryOf = ({ entries }: { entries: { id: string }[] }) => entries.find(({ id }) => id === 'registry.person');
  t.match(entryOf(samples[0]), { acceptedRate: null, cursors: 2 });
  t.match(entryOf(samples[1]), { acceptedRate: 0 });
  t.match(
    samples[1].parties.find(({ id }: { id: string }) => id === 'registry'),
    { acceptedRate: 0, cursors: 0 },
    'a party that only provides',
  );
  const others = await sluice(
    'top',
    '--json',
    '--count',
    '1',
    '--url',
    bus.url,
    '--token',
    'reader-two-token-0123456789',
  );
  t.notMatch(others.out, /g-one/, 'a system does not see grants of another');
  const wrong = await sluice('top', '--json', '--count', '1', '--url', bus.url, '--token', 'x'.repeat(30));
  t.equal(wrong.exitCode, 1);
  t.equal((await sluice('top', '--url', bus.url, '--token', bus.operatorToken)).exitCode, 2, 'no terminal');
});

t.test(
  'top gives the terminal back after q and after Ctrl-C, in the size that it has',
  { skip: spawnSync('script', ['--version']).status === 0 ? false : 'there is no script(1) to make a terminal' },
  async (t) => {
    const bus = await startBroker(t);
    await bus.apply(REGISTER_BUNDLE);
    for (const key of ['q', '\u0003']) {
      const command = `stty rows 24 cols 80; "${process.execPath}" "${MAIN}" top; echo "ended $?"; stty -a`;
      const child = spawn('script', ['-qfc', command, '/dev/null'], {
        env: { ...process.env, SLUICE_URL: bus.url, SLUICE_TOKEN: bus.operatorToken, NO_COLOR: '1', SHELL: '/bin/sh' },
      });
      let shown = '';
      child.stdout.on('data', (data) => {
        shown += data;
      });
      await eventually(async () => shown.includes('g-one'), 'top shows the grant', 20_000);
      t.match(shown, '\u001b[?1049h');
      t.notMatch(shown, '\u001b[1m', 'no colour with NO_COLOR');
      child.stdin.write(key);
      await once(child, 'close');
      const after = shown.slice(shown.lastIndexOf('\u001b[?1049l'));
      t.match(after, /ended 0/);
      t.match(after, /[^-]icanon/, 'the terminal reads lines again');
      t.match(shown, '\u001b[?25h');
    }
  },
);
