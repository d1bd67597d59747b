import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { sluice } from '../../../tests/support/connectors/recording-terminal.js';

const MAIN = fileURLToPath(new URL('../../main.js', import.meta.url));
const lineAt = (ms: number, msg: string): string => JSON.stringify({ level: 30, time: ms, pid: 1, msg });

async function logFile(t: Test, lines: readonly string[]): Promise<string> {
  const file = join(t.testdir(), 'sluice.log');
  await writeFile(file, `${lines.join('\n')}\n`);
  return file;
}

t.test('the lines of the last minutes are printed with times that can be read', async (t) => {
  const nowMs = Date.now();
  const lines = [
    lineAt(nowMs - 7_200_000, 'long ago'),
    '    at a stack of it',
    lineAt(nowMs - 60_000, 'lately'),
    'of the process',
  ];
  const file = await logFile(t, lines);
  const { exitCode, out } = await sluice('log', file);
  t.equal(exitCode, 0);
  const time = new Date(nowMs - 60_000).toISOString();
  t.equal(out, `{"level":30,"time":"${time}","pid":1,"msg":"lately"}\nof the process`);
  t.match((await sluice('log', '--since', '3h', file)).out, /long ago.*\n {4}at a stack of it\n.*lately/);
});

t.test('the variables name the logs of the broker and of the canary', async (t) => {
  const folder = t.testdir({ 'b.log': lineAt(Date.now(), 'a broker'), 'c.log': lineAt(Date.now(), 'a canary') });
  t.teardown(() => {
    delete process.env.SLUICE_LOG;
    delete process.env.SLUICE_CANARY_LOG;
  });
  Object.assign(process.env, { SLUICE_LOG: join(folder, 'b.log'), SLUICE_CANARY_LOG: join(folder, 'c.log') });
  t.match((await sluice('log')).out, /"a broker"/);
  t.match((await sluice('log', '--canary')).out, /"a canary"/);
});

t.test('a log that is not there is named', async (t) => {
  const { exitCode, err } = await sluice('log', join(t.testdir(), 'none.log'));
  t.equal(exitCode, 2);
  t.match(err, /^sluice: the log \S+none\.log cannot be read: ENOENT$/);
});

t.test('a reader that ends early ends the command without a word', async (t) => {
  const file = await logFile(
    t,
    Array.from({ length: 50_000 }, (_, i) => lineAt(Date.now(), `line ${i}`)),
  );
  const child = spawn(process.execPath, [MAIN, 'log', file], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.once('data', () => child.stdout.destroy());
  const [err, [status]] = await Promise.all([text(child.stderr), once(child, 'close')]);
  t.equal(err, '');
  t.equal(status, 0);
});

t.test('messages that nobody reads do not end the command, and its exit code stays', async (t) => {
  const child = spawn(process.execPath, [MAIN, 'log', '/none/none.log'], { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stderr.destroy();
  const [status] = await once(child, 'close');
  t.equal(status, 2);
});
