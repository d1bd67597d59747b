import { statfs } from 'node:fs/promises';
import type { Room } from './room.js';

/**
 * Room on the disk of a folder. The server's own count is of bytes before compression, so it would call a disk full of
 * which a tenth is used, and it knows nothing of what other programs write there.
 */
export async function diskRoom(folder: string): Promise<Room> {
  const { bavail, blocks, bsize } = await statfs(folder);
  return { capacity: blocks * bsize, free: bavail * bsize };
}
