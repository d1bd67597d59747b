import { execFile } from 'node:child_process';
import t from 'tap';
import { projectRoot, readText } from '../structure/source-tree.js';
import { startBroker } from '../support/broker/broker.js';
import { call } from '../support/raw-client/raw-http.js';

interface Step {
  command: string;
  /** Lines that the command prints, on either stream. */
  prints: string[];
}

/** The commands of the README's tour, in order, with the lines that it shows for each. */
function tour(): Step[] {
  const steps: Step[] = [];
  for (const [, block] of readText('README.md').matchAll(/^```console\n([\s\S]*?)^```$/gm)) {
    for (const line of (block as string).trimEnd().split('\n')) {
      if (line.startsWith('$ ')) steps.push({ command: line.slice(2), prints: [] });
      else steps.at(-1)?.prints.push(line);
    }
  }
  return steps;
}

/** Replaces values that differ from run to run; an ellipsis at the end of a line stands for the rest of it. */
function comparable(line: string): string {
  return line
    .replace(/(: )…$|((?:the law asks for): ).*$/, '$1$2…')
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, '<time>')
    .replace(/"log":"[^"]+"/, '"log":"<log>"')
    .replace(/\b[0-9a-f]{64}\b/, '<hash>');
}

/** The test sends the request itself, since a machine may have no curl. */
const CURL = /^curl -s -H "Authorization: Bearer (\S+)" "http:\/\/127\.0\.0\.1:8080(\S+)"$/;

/** With a limit the command may end before or after the bus reports the end of the log. */
const MAY_COME = /^caught up at position/;

async function run(command: string, url: string): Promise<string[]> {
  const [, token, path] = CURL.exec(command) ?? [];
  const text = token && path ? (await call({ url, token }, 'GET', path)).text : await runInShell(command, url);
  return text.split('\n').filter((line) => line.trim() !== '' && !MAY_COME.test(line));
}

function runInShell(command: string, url: string): Promise<string> {
  const here = command.replaceAll('npx sluice', `"${process.execPath}" bin/sluice.js`);
  const env = { ...process.env, SLUICE_URL: url };
  return new Promise((resolve) => {
    // Exit codes are not checked: one of the commands publishes an event that is refused.
    execFile('/bin/sh', ['-c', here], { cwd: projectRoot, env, timeout: 30_000 }, (_error, stdout, stderr) => {
      resolve(`${stdout}${stderr}`);
    });
  });
}

/** Bounds ten processes one after the other on a machine that may be busy with other tests. */
const TOUR_MS_MAX = 100_000;

t.test('the commands of the tour in README.md print what README.md shows', { timeout: TOUR_MS_MAX }, async (t) => {
  const { url } = await startBroker(t, { config: { bootstrapToken: 'tour-operator-token-0123456789' } });
  const steps = tour();
  t.ok(steps.length > 6, 'the README has a tour');
  for (const { command, prints } of steps) {
    const printed = await run(command, url);
    t.strictSame(printed.map(comparable).sort(), prints.map(comparable).sort(), command);
  }
});
