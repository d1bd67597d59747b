/** Counts the streams of server-sent events that are open on this broker, by grant. */
export class OpenEventStreams {
  readonly #byGrant = new Map<string, number>();

  /** Returns the function that is called once, when the stream is closed. */
  opened(grant: string): () => void {
    this.#byGrant.set(grant, (this.#byGrant.get(grant) ?? 0) + 1);
    return () => {
      const rest = (this.#byGrant.get(grant) ?? 1) - 1;
      if (rest > 0) this.#byGrant.set(grant, rest);
      else this.#byGrant.delete(grant);
    };
  }

  has(grant: string): boolean {
    return this.#byGrant.has(grant);
  }
}
