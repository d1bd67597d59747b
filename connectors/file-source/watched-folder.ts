import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PeerGoneError } from '../runtime/connector-errors.js';
import type { FileSourceConfig } from './config.js';
import type { FileVersion } from './progress.js';

export interface FoundFile {
  name: string;
  path: string;
  version: FileVersion;
}

export const isSameVersion = (a: FileVersion | undefined, b: FileVersion): boolean =>
  a !== undefined && a.size === b.size && a.modifiedMs === b.modifiedMs;

/** Names under which programs write incomplete files. */
const UNFINISHED = /^\.|~$|\.(?:tmp|part|filepart|crdownload|swp)$/i;

/** Lists the complete files of a folder: those that have kept size and time for `settleMs`. */
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
    if (!seen || !isSameVersion(seen.version, version)) {
      this.#seen.set(name, { version, sinceMs: nowMs });
      return this.config.settleMs === 0;
    }
    return nowMs - seen.sinceMs >= this.config.settleMs;
  }

  async #files(): Promise<FoundFile[]> {
    const { folder } = this.config;
    try {
      const names = (await readdir(folder)).filter((name) => this.#pattern.test(name) && !UNFINISHED.test(name));
      const found = await Promise.all(names.map((name) => versionOf(join(folder, name))));
      return names.flatMap((name, index) => {
        const version = found[index];
        return version ? [{ name, path: join(folder, name), version }] : [];
      });
    } catch (error) {
      throw new PeerGoneError(`the folder cannot be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
    }
  }
}

/** Undefined when the path is not a file, or is gone already. */
async function versionOf(path: string): Promise<FileVersion | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? { size: found.size, modifiedMs: found.mtimeMs } : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
