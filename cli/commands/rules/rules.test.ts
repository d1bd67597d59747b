import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { rulesFile } from '../../../dashboard/prometheus/rules-file.js';
import { sluice } from '../../../tests/support/connectors/recording-terminal.js';

t.test('a rule file that was edited by hand is checked for metrics that are not there', async (t) => {
  const file = join(t.testdir(), 'rules.yml');
  await writeFile(file, rulesFile());
  t.match(await sluice('rules', 'check', file), { exitCode: 0, out: /every metric is there/ });
  await writeFile(file, rulesFile().replace('sluice_clock_steps_total', 'sluice_clock_step_total'));
  t.match(await sluice('rules', 'check', file), {
    exitCode: 1,
    err: /rules\.yml: line \d+: SluiceClockSet names sluice_clock_step_total, .* did you mean sluice_clock_steps_total\?$/,
  });
  t.match(await sluice('rules', 'check', join(t.testdir(), 'none.yml')), {
    exitCode: 2,
    err: /cannot be read: ENOENT/,
  });
});
