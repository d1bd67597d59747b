import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { SimulationProgressFile } from './simulation-progress-file.js';

t.test('stored progress is read back for the same seed only', async (t) => {
  const path = join(t.testdir(), 'deep', 'place.json');
  const file = new SimulationProgressFile(path, 7);
  t.equal(await file.read(), 0);
  await file.write(41);
  await file.write(42);
  t.equal(await new SimulationProgressFile(path, 7).read(), 42);
  t.equal(await new SimulationProgressFile(path, 8).read(), 0);
});

t.test('a damaged file counts as no progress', async (t) => {
  const path = join(t.testdir(), 'place.json');
  await writeFile(path, '{"seed": 7, "ne');
  t.equal(await new SimulationProgressFile(path, 7).read(), 0);
});
