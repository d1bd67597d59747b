import type { Dirent } from 'node:fs';
import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Syncs every stream's metadata files and every folder under a JetStream store. Message blocks are left to the server:
 * without its metadata a stream that is seconds old is lost whole in a power cut.
 */
export async function syncMetadata(folder: string): Promise<void> {
  const entries: Dirent[] = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) await syncMetadata(path);
    else if (entry.name.startsWith('meta.')) await sync(path);
  }
  await sync(folder);
}

async function sync(path: string): Promise<void> {
  const file = await open(path, 'r').catch(() => undefined);
  // Some file systems refuse to sync a folder; there it is not needed either.
  await file?.sync().catch(() => {});
  await file?.close();
}
