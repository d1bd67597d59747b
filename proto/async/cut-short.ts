/**
 * Waits, one after another, that something lasting can cut short.
 *
 * `Promise.race` with the lasting promise does not do: while that is pending it keeps a reaction for each race that it was in, and with it the
 * value that won. An upload of a million lines kept all of them in memory so.
 */
export class CutShort {
  isCut = false;
  #cut: () => void = () => {};

  /** Ends the wait that is pending, and all later ones. */
  cut(): void {
    this.isCut = true;
    this.#cut();
  }

  /** Resolves or rejects as `awaited` does; with undefined when it is cut short. */
  wait<T>(awaited: PromiseLike<T>): Promise<T | undefined> {
    return new Promise((resolve, reject) => {
      this.#cut = () => resolve(undefined);
      if (this.isCut) this.#cut();
      awaited.then(resolve, reject);
    });
  }
}
