import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { FAULTS } from '../alerts/faults.js';
import { CANARY_MUTANTS } from './canary-mutants.js';
import { MUTANTS } from './mutants.js';

/** The compiled file lies in dist/tests/soak/leak-check. */
const DIST = join(import.meta.dirname, '..', '..', '..');

t.test('every fault of a soak is still to be found in the broker, once', async (t) => {
  const alerts = FAULTS.flatMap(({ mutation }) => mutation ?? []);
  for (const { file, from } of [...Object.values(MUTANTS), ...Object.values(CANARY_MUTANTS).flat(), ...alerts]) {
    const count = (await readFile(join(DIST, file), 'utf8')).split(from).length - 1;
    t.equal(count, 1, `${file}: ${from}`);
  }
});
