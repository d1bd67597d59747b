import type { EncodedBatch } from './encoded-batch.js';
import { PublishBatch } from './publish-batch.js';

/** Queue of source batches, which are combined into publish batches as they are added. */
export class PublishBatchQueue {
  readonly #publishBatches: PublishBatch[] = [];

  get isEmpty(): boolean {
    return this.#publishBatches.length === 0;
  }

  add(batch: EncodedBatch): void {
    if (this.#publishBatches.at(-1)?.add(batch)) return;
    const publishBatch = new PublishBatch();
    publishBatch.add(batch);
    this.#publishBatches.push(publishBatch);
  }

  get first(): PublishBatch | undefined {
    return this.#publishBatches[0];
  }

  /** The first publish batch, if no more source batches will be added to it. */
  get firstFull(): PublishBatch | undefined {
    return this.#publishBatches.length > 1 || this.first?.isFull ? this.first : undefined;
  }

  takeFirst(): PublishBatch | undefined {
    return this.#publishBatches.shift();
  }
}
