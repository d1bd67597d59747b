import { SourceIds } from './source-ids.js';

/** JetStream's own deduplication window. */
const WINDOW_MS = 120_000;
/** A look-up goes through every generation, so there are only two: an id is remembered for one to two minutes. */
const GENERATION_MS = WINDOW_MS / 2;
/** About 150 bytes each. JetStream still knows an id that is dropped early: the commit is refused then, and repeated. */
export const RECENT_IDS_MAX = 100_000;
const GENERATION_IDS_MAX = RECENT_IDS_MAX / 2;

interface Generation {
  bornAtMs: number;
  positions: SourceIds<number>;
}

/** Event ids of the last minutes with their log positions, so that one duplicate does not refuse a whole commit. */
export class RecentIds {
  #newest: Generation | undefined;
  #older: Generation | undefined;

  constructor(private readonly clock: () => number) {}

  get(source: string, id: string): number | undefined {
    return this.#lookUp(this.#newest, source, id) ?? this.#lookUp(this.#older, source, id);
  }

  add(source: string, id: string, position: number): void {
    this.#current().positions.set(source, id, position);
  }

  delete(source: string, id: string): void {
    this.#newest?.positions.delete(source, id);
    this.#older?.positions.delete(source, id);
  }

  /** After a lost connection the log may have been truncated: an id that was stored there may be gone. */
  clear(): void {
    this.#newest = undefined;
    this.#older = undefined;
  }

  #lookUp(generation: Generation | undefined, source: string, id: string): number | undefined {
    const position = generation?.positions.get(source, id);
    if (position === undefined) return undefined;
    return this.clock() - generation!.bornAtMs <= WINDOW_MS ? position : undefined;
  }

  #current(): Generation {
    const now = this.clock();
    const newest = this.#newest;
    if (newest && newest.positions.size < GENERATION_IDS_MAX && now - newest.bornAtMs < GENERATION_MS) return newest;
    this.#older = newest;
    this.#newest = { bornAtMs: now, positions: new SourceIds() };
    return this.#newest;
  }
}
