import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SerialQueue } from '../../proto/async/serial-queue.js';

interface StoredProgress {
  seed: number;
  next: number;
}

/** Stores the progress of a simulation. Losing it costs a replay, which the bus answers as duplicates. */
export class SimulationProgressFile {
  readonly #writes = new SerialQueue();

  constructor(
    private readonly path: string,
    private readonly seed: number,
  ) {}

  /** Index of the next event; 0 when the file has none for this seed. */
  async read(): Promise<number> {
    try {
      const progress = JSON.parse(await readFile(this.path, 'utf8')) as StoredProgress;
      return progress.seed === this.seed && Number.isSafeInteger(progress.next) && progress.next >= 0
        ? progress.next
        : 0;
    } catch {
      return 0;
    }
  }

  /** Writes are serialised, so the index of the last call is the one that stays. */
  write(next: number): Promise<void> {
    return this.#writes.run(() => this.#replace(next));
  }

  async #replace(next: number): Promise<void> {
    await mkdir(dirname(this.path), { recursive: true });
    const progress: StoredProgress = { seed: this.seed, next };
    await writeFile(`${this.path}.new`, `${JSON.stringify(progress)}\n`);
    await rename(`${this.path}.new`, this.path);
  }
}
