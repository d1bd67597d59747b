import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { findProcess } from './process-list.js';

/** Another live broker works on the data folder. */
export class DataFolderInUseError extends Error {
  override readonly name = 'DataFolderInUseError';
  readonly code = 'DATA_FOLDER_IN_USE';
  constructor(
    readonly folder: string,
    readonly pid: number,
  ) {
    super(
      `the data folder ${folder} is in use by process ${pid}; stop it first, or name another folder in SLUICE_DATA`,
    );
  }
}

interface Owner {
  pid: number;
  startedAt: string;
}

/** Each attempt loses only to another process that starts in the same instant. */
const ATTEMPTS_MAX = 10;

/** Takes the folder for this process until the returned function is called; a dead owner's lock is taken over. */
export async function lockFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, 'owner.lock');
  const mine = JSON.stringify(await thisProcess());
  const draft = `${path}.${process.pid}`;
  await writeFile(draft, mine);
  try {
    for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt++) {
      if (await linkIfFree(draft, path)) return () => release(path, mine);
      await removeIfStale(folder, path);
    }
    throw new DataFolderInUseError(folder, (await readOwner(path))?.pid ?? 0);
  } finally {
    await rm(draft, { force: true });
  }
}

async function thisProcess(): Promise<Owner> {
  return { pid: process.pid, startedAt: (await findProcess(process.pid))?.startedAt ?? '' };
}

/** Linking is the one step that creates the lock with its contents in it, or fails. */
async function linkIfFree(draft: string, path: string): Promise<boolean> {
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

async function removeIfStale(folder: string, path: string): Promise<void> {
  const owner = await readOwner(path);
  if (owner && (await findProcess(owner.pid))?.startedAt === owner.startedAt) {
    throw new DataFolderInUseError(folder, owner.pid);
  }
  // Moved aside first: if another process took the lock over in between, it is its live lock that we hold now.
  const aside = `${path}.stale.${process.pid}`;
  await rename(path, aside).catch(() => {});
  const moved = await readOwner(aside);
  if (moved && owner && (moved.pid !== owner.pid || moved.startedAt !== owner.startedAt)) {
    await link(aside, path).catch(() => {});
  }
  await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<Owner | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Owner;
  } catch {
    return undefined;
  }
}

async function release(path: string, mine: string): Promise<void> {
  if ((await readFile(path, 'utf8').catch(() => '')) === mine) await rm(path, { force: true });
}
