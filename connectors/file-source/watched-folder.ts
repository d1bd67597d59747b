import { constants } from 'node:fs';
import { type FileHandle, lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { PeerGoneError } from '../runtime/connector-errors.js';
import { createPrivate } from '../runtime/state-file.js';
import type { FileSourceConfig } from './config.js';
import type { FileVersion } from './progress.js';

export interface FoundFile {
  name: string;
  path: string;
  version: FileVersion;
  /** A link, which may lead to any file that this program can read, is never followed. */
  isLink: boolean;
}

export const isSameVersion = (a: FileVersion | undefined, b: FileVersion): boolean =>
  a !== undefined && a.size === b.size && a.modifiedMs === b.modifiedMs;

/** Names under which programs write incomplete files. */
const UNFINISHED = /^\.|~$|\.(?:tmp|part|filepart|crdownload|swp)$/i;

/** File systems note times in steps of up to some milliseconds. What is written twice within one, in the same length, looks unchanged. */
const TIMESTAMP_STEP_MS = 20;

const COPY_BYTES = 256 * 1024;

/**
 * Lists the complete files of a folder: those that have kept size and time for `settleMs`, and whose time is past, so that they
 * get another one when they are written again.
 */
export class WatchedFolder {
  readonly #pattern: RegExp;
  readonly #seen = new Map<string, { version: FileVersion; sinceMs: number }>();

  constructor(private readonly config: Pick<FileSourceConfig, 'folder' | 'files' | 'settleMs'>) {
    const parts = config.files.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    this.#pattern = new RegExp(`^${parts.join('.*')}$`, 's');
  }

  /** The complete files, oldest first. Throws PeerGoneError when the folder is missing. */
  async completeFiles(nowMs: number): Promise<FoundFile[]> {
    const files = await this.#files();
    for (const name of this.#seen.keys()) if (!files.some((file) => file.name === name)) this.#seen.delete(name);
    return files
      .filter((file) => this.#isSettled(file, nowMs))
      .sort((a, b) => a.version.modifiedMs - b.version.modifiedMs || (a.name < b.name ? -1 : 1));
  }

  #isSettled({ name, version }: FoundFile, nowMs: number): boolean {
    const seen = this.#seen.get(name);
    const isNew = !seen || !isSameVersion(seen.version, version);
    const sinceMs = isNew ? nowMs : seen.sinceMs;
    if (isNew) this.#seen.set(name, { version, sinceMs });
    return nowMs - sinceMs >= this.config.settleMs && !isJustWritten(version);
  }

  async #files(): Promise<FoundFile[]> {
    const { folder } = this.config;
    try {
      const names = (await readdir(folder)).filter((name) => this.#pattern.test(name) && !UNFINISHED.test(name));
      const found = await Promise.all(names.map((name) => foundFile(folder, name)));
      return found.filter((file) => file !== undefined);
    } catch (error) {
      throw new PeerGoneError(`the folder cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
    }
  }
}

/** A time ahead of this machine's clock comes from another one's, which says nothing about when the file was written. */
function isJustWritten({ modifiedMs }: FileVersion): boolean {
  const ageMs = Date.now() - modifiedMs;
  return ageMs >= 0 && ageMs < TIMESTAMP_STEP_MS;
}

/** Undefined when the name is neither a file nor a link, or is gone already. */
async function foundFile(folder: string, name: string): Promise<FoundFile | undefined> {
  const path = join(folder, name);
  try {
    const found = await lstat(path);
    const isLink = found.isSymbolicLink();
    if (!found.isFile() && !isLink) return undefined;
    return { name, path, version: { size: found.size, modifiedMs: found.mtimeMs }, isLink };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Copies a file and syncs the copy. False when the file is gone, or has become a link or a pipe meanwhile. */
export async function copyRegularFile(path: string, copyPath: string): Promise<boolean> {
  let source: FileHandle;
  try {
    // A pipe without a writer would otherwise block the opening.
    source = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ELOOP') return false;
    throw error;
  }
  try {
    if (!(await source.stat()).isFile()) return false;
    const copy = await createPrivate(copyPath);
    try {
      await copyBytes(source, copy);
      await copy.sync();
    } finally {
      await copy.close();
    }
    return true;
  } finally {
    await source.close();
  }
}

async function copyBytes(from: FileHandle, to: FileHandle): Promise<void> {
  const buffer = Buffer.allocUnsafe(COPY_BYTES);
  while (true) {
    const { bytesRead } = await from.read(buffer, 0, COPY_BYTES);
    if (bytesRead === 0) return;
    await to.writeFile(buffer.subarray(0, bytesRead));
  }
}
