import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** The rest of the disk stays for the server's own temporary files, logs, and everybody else. */
const SHARE_OF_DISK = 0.75;

/**
 * Bytes that the store in a folder may take: a share of what it has and what is free. The server by itself takes a share of what is
 * free at its start, so its limit would shrink with every start of a store that grows.
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

/** Files come and go while a server that was left behind still runs. */
function fileSize(path: string): Promise<number> {
  return stat(path).then(
    (found) => (found.isFile() ? found.size : 0),
    () => 0,
  );
}
