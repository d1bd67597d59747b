import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { WatchedFolder } from './watched-folder.js';

t.test('a file is complete only when writing it again would give it another time', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'sluice-test-'));
  t.teardown(() => rm(folder, { recursive: true }));
  const watched = new WatchedFolder({ folder, files: '*.csv', settleMs: 0 });
  await writeFile(join(folder, 'a.csv'), 'id\n1\n');
  for (;;) {
    const [file] = await watched.completeFiles(performance.now());
    if (!file) continue;
    // Kernels note times in steps of at most 10 ms.
    t.ok(Date.now() - file.version.modifiedMs > 10, 'the step of its time is over');
    return;
  }
});
