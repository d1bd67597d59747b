import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { type PromtoolTest, promtoolTests } from '../../dashboard/prometheus/cases/promtool-tests.js';
import { prometheusFile, rulesFile } from '../../dashboard/prometheus/rules-file.js';
import { TimeScale } from '../../dashboard/prometheus/time-scale.js';
import { temporaryFolder } from '../support/nats/nats.js';
import { needsPrometheus, promtool } from '../support/prometheus/prometheus.js';

/** promtool evaluates three days in steps of a quarter of an hour, on machines that do other things as well. */
t.setTimeout(120_000);

t.test('promtool accepts rules and configuration, at any time scale', needsPrometheus, async (t) => {
  const folder = await temporaryFolder(t);
  const rules = join(folder, 'rules.yml');
  await writeFile(join(folder, 'token'), 'a token');
  for (const factor of [1, 600]) {
    const scale = new TimeScale(factor);
    await writeFile(rules, rulesFile(scale));
    await writeFile(join(folder, 'prometheus.yml'), prometheusFile({ scale, grantsTokenFile: 'token' }));
    t.match(await promtool('check', 'rules', rules), /SUCCESS/, `rules at ${factor}`);
    t.match(await promtool('check', 'config', join(folder, 'prometheus.yml')), /SUCCESS/, `configuration at ${factor}`);
  }
});

/** `for` and the windows of every rule, in milliseconds and in order. */
function durationsOf(scale: TimeScale): number[] {
  const unit: Record<string, number> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
  return [...rulesFile(scale).matchAll(/(?:\[|(?:for|interval): )(\d+)(ms|s|m|h|d)\b/g)].map(
    ([, amount, name = '']) => Number(amount) * (unit[name] as number),
  );
}

t.test('a time scale divides every wait, window and interval of the rules by its factor, once', async (t) => {
  const factor = 100;
  const [plain, scaled] = [durationsOf(new TimeScale()), durationsOf(new TimeScale(factor))];
  t.ok(plain.length > 150, `${plain.length} durations`);
  t.strictSame(
    scaled,
    plain.map((ms) => ms / factor),
  );
});

t.test('each alert fires when its condition holds and is silent just below its limit', needsPrometheus, async (t) => {
  const tests = promtoolTests(rulesFile());
  t.match(await promtool('test', 'rules', ...(await written(t, tests))), /SUCCESS/);
});

t.test('an alert that does not fire fails the check', needsPrometheus, async (t) => {
  const tests = promtoolTests(rulesFile().replace('last_over_time(sluice_nats_up[2m]) == 0', 'sluice_nats_up == 2'));
  const [file = ''] = await written(
    t,
    tests.filter(({ alert }) => alert === 'SluiceNatsDown'),
  );
  await t.rejects(promtool('test', 'rules', file), /SluiceNatsDown/);
});

/** Names of the files with tests. */
async function written(t: Test, tests: PromtoolTest[]): Promise<string[]> {
  const folder = await temporaryFolder(t);
  for (const { rulesName, rules, testName, test } of tests) {
    await writeFile(join(folder, rulesName), rules);
    await writeFile(join(folder, testName), test);
  }
  return tests.map(({ testName }) => join(folder, testName));
}
