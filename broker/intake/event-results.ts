import type { PublishResult } from '../../proto/frames/frames.js';

/** Takes the answer to one event; called once. */
export type EventResult = (result: PublishResult) => void;

/** Answers to events that were handed over together: one promise for all of them, for one each costs as much as judging. */
export class EventResults {
  /** Every answer in the order of the events, when the last one is there. */
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

  to(index: number): EventResult {
    return (result) => {
      this.#results[index] = result;
      if (--this.#missing === 0) this.#complete(this.#results);
    };
  }
}
