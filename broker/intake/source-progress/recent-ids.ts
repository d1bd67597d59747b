import { identityHash, SourceIds } from './source-ids.js';

/** JetStream's own deduplication window. */
const WINDOW_MS = 120_000;
/** A look-up goes through every generation, so there are few: an id is remembered for two to three minutes. */
const GENERATION_MS = WINDOW_MS / 2;
const GENERATIONS = 3;
/** About 150 bytes each. JetStream still knows an id that is dropped early: the commit is refused then, and repeated. */
export const RECENT_IDS_MAX = 100_000;
const GENERATION_IDS_MAX = Math.floor(RECENT_IDS_MAX / GENERATIONS);

interface Generation {
  bornAtMs: number;
  positions: SourceIds<number>;
}

/**
 * Event ids of the last minutes with their log positions, so that one duplicate does not refuse a whole commit: its events would go
 * one by one, those of other systems too. So an id is never forgotten before JetStream has forgotten it, unless there are too many.
 */
export class RecentIds {
  /** The newest first. */
  #generations: Generation[] = [];

  constructor(private readonly clock: () => number) {}

  get(source: string, id: string): number | undefined {
    const hash = identityHash(source, id);
    for (const { positions, bornAtMs } of this.#generations) {
      const position = positions.get(source, id, hash);
      if (position !== undefined) return this.#isRemembered(bornAtMs) ? position : undefined;
    }
    return undefined;
  }

  add(source: string, id: string, position: number): void {
    this.#current().positions.set(source, id, position);
  }

  delete(source: string, id: string): void {
    for (const { positions } of this.#generations) positions.delete(source, id);
  }

  /** After a lost connection the log may have been truncated: an id that was stored there may be gone. */
  clear(): void {
    this.#generations = [];
  }

  #isRemembered(bornAtMs: number): boolean {
    return this.clock() - bornAtMs <= GENERATIONS * GENERATION_MS;
  }

  #current(): Generation {
    const now = this.clock();
    const [newest] = this.#generations;
    if (newest && newest.positions.size < GENERATION_IDS_MAX && now - newest.bornAtMs < GENERATION_MS) return newest;
    const next: Generation = { bornAtMs: now, positions: new SourceIds(newest?.positions.size) };
    this.#generations = [next, ...this.#generations.slice(0, GENERATIONS - 1)];
    return next;
  }
}
