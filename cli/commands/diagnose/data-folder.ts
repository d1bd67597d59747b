import { readdir, stat, statfs } from 'node:fs/promises';
import { join } from 'node:path';

/** Its files are few: those of nats-server are counted, not listed. */
const FILES_MAX = 50;

/** The disk of the data folder, and the files that lie in it. */
export async function dataFolder(path: string): Promise<object> {
  const [{ blocks, bavail, bsize, files, ffree }, names] = await Promise.all([statfs(path), readdir(path)]);
  const listed = names.sort().slice(0, FILES_MAX);
  return {
    path,
    diskBytes: blocks * bsize,
    diskFreeBytes: bavail * bsize,
    inodes: files,
    inodesFree: ffree,
    files: await Promise.all(listed.map((name) => described(join(path, name), name))),
  };
}

async function described(path: string, name: string): Promise<object> {
  const { size, mtime, mode } = await stat(path);
  return { name, bytes: size, changedAt: mtime.toISOString(), mode: (mode & 0o7777).toString(8) };
}
