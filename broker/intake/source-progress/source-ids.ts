/** Values by the identity of an event: its source (one system on one entry) and the id that the source gave it. */
export class SourceIds<Value> {
  readonly #bySource = new Map<string, Map<string, Value>>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** `source` is a NATS subject. Two maps, because joining it with the id would make a new string to hash per event. */
  get(source: string, id: string): Value | undefined {
    return this.#bySource.get(source)?.get(id);
  }

  set(source: string, id: string, value: Value): void {
    let ids = this.#bySource.get(source);
    if (!ids) {
      ids = new Map();
      this.#bySource.set(source, ids);
    }
    const before = ids.size;
    ids.set(id, value);
    this.#size += ids.size - before;
  }

  delete(source: string, id: string): void {
    if (this.#bySource.get(source)?.delete(id)) this.#size--;
  }
}
