import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { PeerGoneError } from '../runtime/connector-errors.js';
import type { FileSourceConfig } from './config.js';
import type { FileVersion } from './progress.js';

export interface FoundFile {
  name: string;
  path: string;
  mark: FileVersion;
}

export const isSameVersion = (a: FileVersion | undefined, b: FileVersion): boolean =>
  a !== undefined && a.size === b.size && a.modifiedMs === b.modifiedMs;

/** Names under which programs write what is not complete yet. */
const UNFINISHED = /^\.|~$|\.(?:tmp|part|filepart|crdownload|swp)$/i;

/** Looks into a folder again and again; a file counts when it has kept its size and time for long enough. */
export class WatchedFolder {
  readonly #pattern: RegExp;
  readonly #seen = new Map<string, { mark: FileVersion; sinceMs: number }>();

  constructor(private readonly config: Pick<FileSourceConfig, 'folder' | 'files' | 'settleMs'>) {
    const parts = config.files.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    this.#pattern = new RegExp(`^${parts.join('.*')}$`, 's');
  }

  /** Complete files, the oldest first. Throws PeerGoneError when the folder is not there. */
  async look(nowMs: number): Promise<FoundFile[]> {
    const files = await this.#files();
    for (const name of this.#seen.keys()) if (!files.some((file) => file.name === name)) this.#seen.delete(name);
    return files
      .filter((file) => this.#isSettled(file, nowMs))
      .sort((a, b) => a.mark.modifiedMs - b.mark.modifiedMs || (a.name < b.name ? -1 : 1));
  }

  #isSettled({ name, mark }: FoundFile, nowMs: number): boolean {
    const seen = this.#seen.get(name);
    if (!seen || !isSameVersion(seen.mark, mark)) {
      this.#seen.set(name, { mark, sinceMs: nowMs });
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
        const mark = found[index];
        return mark ? [{ name, path: join(folder, name), mark }] : [];
      });
    } catch (error) {
      throw new PeerGoneError(`the folder can not be read: ${(error as NodeJS.ErrnoException).code}`, { cause: error });
    }
  }
}

/** Undefined for what is no file, or is gone already. */
async function versionOf(path: string): Promise<FileVersion | undefined> {
  try {
    const found = await stat(path);
    return found.isFile() ? { size: found.size, modifiedMs: found.mtimeMs } : undefined;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
