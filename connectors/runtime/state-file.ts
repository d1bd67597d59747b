import { constants, readFileSync } from 'node:fs';
import { type FileHandle, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SourceUnfitError } from './connector-errors.js';

/**
 * A JSON file that holds the old or the new state after a crash, never a part of one: a new file is written, synced and renamed.
 * Writes are serialised, and a burst of them is written once. State holds values of records, so only its owner may read it.
 */
export class StateFile<State> {
  #writing: Promise<void> | undefined;
  #next: { state: State; written: Promise<void> } | undefined;

  constructor(private readonly path: string) {}

  /** Undefined when no state was written yet. Throws SourceUnfitError for a file that is damaged or cannot be read. */
  read(): State | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new SourceUnfitError(`${this.path} cannot be read: ${(error as NodeJS.ErrnoException).code}`, {
        cause: error,
      });
    }
    try {
      return JSON.parse(text) as State;
    } catch (error) {
      throw new SourceUnfitError(`${this.path} is damaged; remove it to start from scratch`, { cause: error });
    }
  }

  /**
   * For a source that can begin again with a snapshot: undefined when the state is missing, and after a call of `onUnusable` when
   * it is damaged or not of the expected shape. A file that cannot be read at all still throws.
   */
  readIfUsable(isState: (value: State) => boolean, onUnusable: (path: string) => void): State | undefined {
    try {
      const state = this.read();
      if (state === undefined || (typeof state === 'object' && state !== null && isState(state))) return state;
    } catch (error) {
      if (!(error instanceof SourceUnfitError) || !(error.cause instanceof SyntaxError)) throw error;
    }
    onUnusable(this.path);
    return undefined;
  }

  /** Resolves once this state, or a later one, is on disk. */
  write(state: State): Promise<void> {
    if (this.#next) {
      this.#next.state = state;
      return this.#next.written;
    }
    const next = { state, written: Promise.resolve() };
    next.written = (this.#writing ?? Promise.resolve())
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.#replace(JSON.stringify(next.state));
      });
    this.#next = next;
    this.#writing = next.written;
    return next.written;
  }

  async #replace(text: string): Promise<void> {
    const temporary = `${this.path}.new`;
    const file = await createPrivate(temporary);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, this.path);
    await syncFolder(dirname(this.path));
  }
}

/** Creates a file that only its owner may read, in place of one that a crash left. A link at its name is removed, not followed. */
export async function createPrivate(path: string): Promise<FileHandle> {
  await rm(path, { force: true });
  return open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | constants.O_NOFOLLOW, 0o600);
}

/** The rename itself is in the data of the folder. Where a folder cannot be opened (Windows) it needs no sync. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  try {
    await folder?.sync();
  } finally {
    await folder?.close();
  }
}
