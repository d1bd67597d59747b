import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { projectRoot } from '../structure/source-tree.js';
import { eventually } from '../support/condition.js';

const WAIT_MS = 20_000;

/**
 * Stands for npm: notes begin and end of each install, leaves a complete lock file over an incomplete install when it is
 * interrupted, and takes its time to end, as npm does. It listens for the signal before it notes its begin, since a begin without an
 * end would look like an install beside another one.
 */
const NPM = `
import { appendFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
const note = (what) => appendFileSync('npm.log', what + '\\n');
process.on('SIGTERM', () => setTimeout(() => { note('interrupted ' + process.pid); process.exit(1); }, 300));
note('begin ' + process.pid);
rmSync('node_modules', { recursive: true, force: true });
mkdirSync('node_modules/typescript/bin', { recursive: true });
writeFileSync('node_modules/.package-lock.json', '{"packages":{}}');
setTimeout(() => {
  const finder = "export const findNatsServer = async () => ({});";
  const tsc = "const { mkdirSync, writeFileSync } = require('node:fs');" +
    "mkdirSync('dist/broker/nats/server', { recursive: true });" +
    "writeFileSync('dist/broker/nats/server/find-server.js', " + JSON.stringify(finder) + ");";
  writeFileSync('node_modules/typescript/package.json', '{"type":"commonjs"}');
  writeFileSync('node_modules/typescript/bin/tsc', tsc);
  note('end ' + process.pid);
}, Number(process.env.INSTALL_MS));
setTimeout(() => process.exit(0), Number(process.env.INSTALL_MS) + 20);
`;

interface Project {
  folder: string;
  /** Begins a set-up; resolves with its exit code and output. */
  setUp(installMs: number): { child: ChildProcess; ended: Promise<{ code: number | null; output: string }> };
  /** Lines that the installs have noted. */
  installs(): Promise<string[]>;
}

async function project(t: Test): Promise<Project> {
  const folder = t.testdir();
  await cp(join(projectRoot, 'scripts'), join(folder, 'scripts'), { recursive: true });
  for (const name of ['package-lock.json', 'tsconfig.json']) await cp(join(projectRoot, name), join(folder, name));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await mkdir(join(folder, 'proto'));
  await writeFile(join(folder, 'npm.js'), NPM);
  const setUp: Project['setUp'] = (installMs) => {
    const child = spawn(process.execPath, ['scripts/setup.mjs'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      // Without the loaders of the test runner, which a set-up does not have.
      env: { ...process.env, NODE_OPTIONS: '', npm_execpath: join(folder, 'npm.js'), INSTALL_MS: String(installMs) },
    });
    t.teardown(() => child.kill('SIGKILL'));
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (output += chunk.toString()));
    const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, output }));
    return { child, ended };
  };
  const installs = async () =>
    (await readFile(join(folder, 'npm.log'), 'utf8').catch(() => '')).split('\n').filter((line) => line !== '');
  return { folder, setUp, installs };
}

const begun = (installs: string[]) => installs.filter((line) => line.startsWith('begin')).length;
const isBegun = (count: number, { installs }: Project) =>
  eventually(async () => begun(await installs()) >= count, `install ${count} to begin`, WAIT_MS);

/** Begins and ends in turns: no install began while another one ran. */
function oneAtATime(installs: string[]): boolean {
  return installs.every((line, index) => line.startsWith('begin') === (index % 2 === 0));
}

t.test('Ctrl-C during an install ends it, waits for it, and the next start installs again', async (t) => {
  const bus = await project(t);
  const first = bus.setUp(60_000);
  await isBegun(1, bus);
  first.child.kill('SIGINT');
  const { code, output } = await first.ended;
  t.equal(code, 130);
  t.match(output, /interrupted, nothing of it runs any more/);
  t.match((await bus.installs())[1], /^interrupted/, 'the install had ended before the set-up did');
  const second = await bus.setUp(50).ended;
  t.equal(second.code, 0, second.output);
  t.match(second.output, /setup: installed the packages/);
  const third = await bus.setUp(50).ended;
  t.strictSame([third.code, third.output], [0, ''], 'a finished install is not repeated');
});

t.test('two starts at the same time install once, and the second says that it waits', async (t) => {
  const bus = await project(t);
  const both = [bus.setUp(1_000).ended, bus.setUp(1_000).ended];
  const results = await Promise.all(both);
  t.strictSame(
    results.map(({ code }) => code),
    [0, 0],
  );
  t.equal(results.filter(({ output }) => /waiting for another set-up of this folder/.test(output)).length, 1);
  t.equal(begun(await bus.installs()), 1);
});

t.test('a set-up that is killed outright leaves an install behind, which the next start waits for', async (t) => {
  const bus = await project(t);
  const first = bus.setUp(1_500);
  await isBegun(1, bus);
  await eventually(
    async () => (await readFile(join(bus.folder, '.cache', 'setup.lock'), 'utf8')).includes('"child"'),
    'the lock to name the install',
    WAIT_MS,
  );
  first.child.kill('SIGKILL');
  await first.ended;
  const { code, output } = await bus.setUp(50).ended;
  t.equal(code, 0, output);
  const installs = await bus.installs();
  t.equal(begun(installs), 2, 'an install without a stamp is not trusted');
  t.ok(oneAtATime(installs), installs.join(', '));
});

t.test('a set-up that is interrupted at random moments works at the next start', async (t) => {
  const bus = await project(t);
  for (let i = 0; i < 6; i++) {
    const { child, ended } = bus.setUp(150);
    const timer = setTimeout(() => child.kill(i % 2 ? 'SIGTERM' : 'SIGINT'), Math.random() * 400);
    const { code, output } = await ended;
    clearTimeout(timer);
    t.ok([0, 130, 143, null].includes(code), `${code}: ${output}`);
  }
  const last = await bus.setUp(50).ended;
  t.equal(last.code, 0, last.output);
  t.ok(oneAtATime(await bus.installs()));
});
