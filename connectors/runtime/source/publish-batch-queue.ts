import type { EncodedBatch } from './encoded-batch.js';
import { PublishBatch } from './publish-batch.js';

/** Batches that wait to be sent, put together into rounds as they come. */
export class PublishBatchQueue {
  readonly #rounds: PublishBatch[] = [];

  get isEmpty(): boolean {
    return this.#rounds.length === 0;
  }

  add(batch: EncodedBatch): void {
    if (this.#rounds.at(-1)?.add(batch)) return;
    const round = new PublishBatch();
    round.add(batch);
    this.#rounds.push(round);
  }

  get first(): PublishBatch | undefined {
    return this.#rounds[0];
  }

  /** The first, if nothing more would go into it. */
  get firstFull(): PublishBatch | undefined {
    return this.#rounds.length > 1 || this.first?.isFull ? this.first : undefined;
  }

  takeFirst(): PublishBatch | undefined {
    return this.#rounds.shift();
  }
}
