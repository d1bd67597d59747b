import { statfs, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { storeLimit } from './store-limit.js';

t.test('stored data counts towards the limit of the store', async (t) => {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'block'), Buffer.alloc(8 * 1024 * 1024));
  const limit = await storeLimit(folder);
  const { bavail, bsize } = await statfs(folder);
  // Others write to the same disk meanwhile, so only the size of the difference is certain.
  t.ok(Math.abs(limit - (bavail * bsize + 8 * 1024 * 1024) * 0.75) < 1024 * 1024 * 1024);
  t.ok(Number.isSafeInteger(limit));
});
