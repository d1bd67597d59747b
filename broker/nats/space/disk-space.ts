import { statfs } from 'node:fs/promises';
import type { FreeSpace } from './free-space.js';

/**
 * Space on the disk of a folder. The server's own count is of bytes before compression, so it would call a disk full of
 * which a tenth is used, and it knows nothing of what other programs write there.
 */
export async function diskSpace(folder: string): Promise<FreeSpace> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { capacity: blocks * bsize, free: bavail * bsize };
}
