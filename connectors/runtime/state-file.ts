import { readFileSync } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SourceUnfitError } from './connector-errors.js';

/**
 * A JSON file that holds the old or the new state after a crash, never a part of one: a new file is written, synced and renamed.
 * Writes are serialised, and a burst of them is written once.
 */
export class StateFile<State> {
  #writing: Promise<void> | undefined;
  #next: { state: State; written: Promise<void> } | undefined;

  constructor(private readonly path: string) {}

  /** Undefined when no state was written yet. */
  read(): State | undefined {
    let text: string;
    try {
      text = readFileSync(this.path, 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw new SourceUnfitError(`${this.path} cannot be read`, { cause: error });
    }
    try {
      return JSON.parse(text) as State;
    } catch (error) {
      throw new SourceUnfitError(`${this.path} is damaged; remove it to start from scratch`, { cause: error });
    }
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
    const file = await open(temporary, 'w');
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

/** The rename itself is in the data of the folder. Where a folder cannot be opened (Windows) it needs no sync. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r').catch(() => undefined);
  try {
    await folder?.sync();
  } finally {
    await folder?.close();
  }
}
