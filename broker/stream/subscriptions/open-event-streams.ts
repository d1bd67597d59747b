import { addToCount } from '../../../proto/collections/add-to-count.js';

/** Counts the streams of server-sent events that are open on this broker, by grant. */
export class OpenEventStreams {
  readonly #byGrant = new Map<string, number>();

  /** Returns the function that is called once, when the stream is closed. */
  opened(grant: string): () => void {
    addToCount(this.#byGrant, grant, 1);
    return () => addToCount(this.#byGrant, grant, -1);
  }

  has(grant: string): boolean {
    return this.#byGrant.has(grant);
  }
}
