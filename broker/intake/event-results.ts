import type { PublishResult } from '../../proto/frames/frames.js';

/** Results of events that were published in one call. One promise for all: one per event costs as much as validating it. */
export class EventResults {
  /** Resolves with every result in the order of the events when the last one has come. */
  readonly all: Promise<PublishResult[]>;
  readonly #results: PublishResult[];
  #missing: number;
  #complete!: (results: PublishResult[]) => void;

  constructor(events: number) {
    this.#missing = events;
    this.#results = new Array<PublishResult>(events);
    this.all = new Promise((resolve) => {
      this.#complete = resolve;
    });
    if (events === 0) this.#complete(this.#results);
  }

  /** Takes the result of one event; called once for each. */
  set(index: number, result: PublishResult): void {
    this.#results[index] = result;
    if (--this.#missing === 0) this.#complete(this.#results);
  }
}
