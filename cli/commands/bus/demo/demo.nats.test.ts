import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import { processesWithArgument } from '../../../../broker/nats/server/process-list.js';
import { eventually } from '../../../../tests/support/condition.js';
import { temporaryFolder } from '../../../../tests/support/nats/nats.js';

const WAIT_MS = 30_000;

/** The demo as a user starts it, in a process of its own without a terminal. */
class RunningDemo {
  output = '';

  private constructor(private readonly child: ChildProcess) {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on('data', (chunk: Buffer) => {
        this.output += chunk.toString();
      });
    }
  }

  static start(t: Test, dataDir: string): RunningDemo {
    const main = new URL('../../../main.js', import.meta.url).pathname;
    const args = [main, 'demo', '--port', '0', '--data', dataDir, '--rate', '20'];
    const { SLUICE_BOOTSTRAP_TOKEN: _token, ...env } = process.env;
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'], env });
    t.teardown(() => child.kill('SIGKILL'));
    return new RunningDemo(child);
  }

  async says(text: RegExp): Promise<RegExpExecArray> {
    await eventually(() => text.test(this.output) || this.child.exitCode !== null, `the demo to say ${text}`, WAIT_MS);
    const found = text.exec(this.output);
    if (!found) throw new Error(`the demo ended with ${this.child.exitCode}: ${this.output}`);
    return found;
  }

  async interrupt(): Promise<number | null> {
    this.child.kill('SIGINT');
    if (this.child.exitCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

t.test('the demo shows what a department receives, ends cleanly, and goes on at the next start', async (t) => {
  const dataDir = await temporaryFolder(t);
  const first = RunningDemo.start(t, dataDir);
  const [, url] = await first.says(/Sluice is serving at (http:\S+)/);
  await first.says(/create @\d+ {3}civil affairs published 15 items → health commission receives 7/);
  await first.says(/ name \S\*\*/);
  t.notMatch(first.output, /motherName [^,\n]*[\u4e00-\u9fff]/, 'nothing that was not granted is shown');
  t.equal((await fetch(`${url}/readyz`)).status, 200);
  await first.says(/more were received and not shown/);
  t.equal(await first.interrupt(), 0);
  t.match(first.output, /everything is closed/);
  t.same(await processesWithArgument(dataDir), [], 'no process is left');
  const last = lastPosition(first.output);

  const second = RunningDemo.start(t, dataDir);
  await second.says(/found again: the simulation goes on after event [1-9]/);
  const [, next] = await second.says(/(?:create|update) @(\d+)/);
  t.ok(Number(next) > last, `goes on at ${next}, behind ${last}`);
  t.equal(await second.interrupt(), 0);
});

function lastPosition(output: string): number {
  return Math.max(...[...output.matchAll(/(?:create|update) @(\d+)/g)].map((match) => Number(match[1])));
}
