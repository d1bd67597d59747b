/** JetStream's own window. */
const WINDOW_MS = 120_000;
const GENERATION_MS = 30_000;
/** About 150 bytes each. What is dropped too early JetStream still knows: then a commit is refused and repeated. */
export const RECENT_IDS_MAX = 100_000;
const GENERATION_IDS_MAX = RECENT_IDS_MAX / 4;

interface Generation {
  bornAtMs: number;
  positions: Map<string, number>;
}

/** Message ids of the last two minutes with their positions, so that duplicates do not spoil a whole commit. */
export class RecentIds {
  #generations: Generation[] = [];

  constructor(private readonly clock: () => number) {}

  get(messageId: string): number | undefined {
    for (let i = this.#generations.length - 1; i >= 0; i--) {
      const generation = this.#generations[i]!;
      const position = generation.positions.get(messageId);
      if (position === undefined) continue;
      return this.clock() - generation.bornAtMs <= WINDOW_MS ? position : undefined;
    }
    return undefined;
  }

  add(messageId: string, position: number): void {
    this.#current().positions.set(messageId, position);
  }

  delete(messageId: string): void {
    for (const { positions } of this.#generations) positions.delete(messageId);
  }

  /** After an interruption the log may have lost its tail: what was stored there is not any more. */
  clear(): void {
    this.#generations = [];
  }

  #current(): Generation {
    const now = this.clock();
    const newest = this.#generations.at(-1);
    if (newest && newest.positions.size < GENERATION_IDS_MAX && now - newest.bornAtMs < GENERATION_MS) return newest;
    const born: Generation = { bornAtMs: now, positions: new Map() };
    const kept = this.#generations.filter((generation) => now - generation.bornAtMs <= WINDOW_MS);
    this.#generations = [...kept.slice(-(RECENT_IDS_MAX / GENERATION_IDS_MAX) + 1), born];
    return born;
  }
}
