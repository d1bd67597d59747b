import { utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { temporaryFolder } from '../../tests/support/nats/nats.js';
import { WatchedFolder } from './watched-folder.js';

t.test('a file is complete only when writing it again would give it another time', async (t) => {
  const folder = await temporaryFolder(t);
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

t.test('a file is complete when it matches the pattern and has not changed for the settling time', async (t) => {
  const folder = await temporaryFolder(t);
  const watched = new WatchedFolder({ folder, files: 'people-*.csv', settleMs: 1_000 });
  await writeFile(join(folder, 'people-1.csv'), 'half');
  await writeFile(join(folder, 'people-2.csv.part'), 'half');
  await writeFile(join(folder, 'others.csv'), 'whole');
  t.same(await watched.completeFiles(0), []);
  await writeFile(join(folder, 'people-1.csv'), 'half and more');
  const longAgo = new Date('2026-01-02T03:04:05Z');
  await utimes(join(folder, 'people-1.csv'), longAgo, longAgo);
  t.same(await watched.completeFiles(1_500), [], 'the file has grown meanwhile');
  t.same(
    (await watched.completeFiles(2_600)).map(({ name }) => name),
    ['people-1.csv'],
  );
});
