import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** The rest of the disk is left to the server's temporary files, logs, and other programs. */
const SHARE_OF_DISK = 0.75;

/**
 * Bytes that the store in a folder may take: a share of what it has and what is free. The server's own default is a
 * share of the free space at its start, which would shrink with every start of a growing store.
 */
export async function storeLimit(storeDir: string): Promise<number> {
  const { bavail, bsize } = await statfs(storeDir);
  return Math.floor((bavail * bsize + (await bytesIn(storeDir))) * SHARE_OF_DISK);
}

async function bytesIn(folder: string): Promise<number> {
  const names = await readdir(folder, { recursive: true });
  const sizes = await Promise.all(names.map((name) => fileSize(join(folder, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Files appear and disappear while an orphaned server still runs. */
function fileSize(path: string): Promise<number> {
  return stat(path).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
}
