import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { startBroker } from '../tests/support/broker/broker.js';

const EXAMPLES = new URL('../../examples/', import.meta.url);

t.test('the published examples publish, recognise duplicates and follow a grant', async (t) => {
  const { url, apply } = await startBroker(t);
  await apply(parse(await readFile(new URL('demo/bundle.yaml', EXAMPLES), 'utf8')) as object);

  const publish = run(t, 'client/publish.mjs', url);
  t.equal(await text(publish.stdout!), 'stored at 1\nstored at 2\n');
  const again = run(t, 'client/publish.mjs', url);
  t.equal(await text(again.stdout!), 'was stored before, at 1\nwas stored before, at 2\n');

  const follow = run(t, 'client/follow.mjs', url);
  let output = '';
  for await (const chunk of follow.stdout!) {
    output += String(chunk);
    if (output.includes('350103202611220023')) break;
  }
  t.match(output, /create 350102202611220014 \{[^}]*name: '陈\*\*'/);
  follow.kill('SIGINT');
  const [exitCode] = follow.exitCode === null ? await once(follow, 'exit') : [follow.exitCode];
  t.equal(exitCode, 0);
});

function run(t: Test, file: string, url: string): ChildProcess {
  const { SLUICE_TOKEN: _token, ...env } = process.env;
  const child = spawn(process.execPath, [new URL(file, EXAMPLES).pathname], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...env, SLUICE_URL: url },
  });
  t.teardown(() => child.kill('SIGKILL'));
  return child;
}
