import { SeededRandom } from '../../support/seeded-random.js';
import type { FuzzTarget, Lane, Sending, Surface } from './surface.js';

/** Sendings that are dealt from what was made for one seed. */
const SENDINGS_PER_SEED = 512;
/** Above the number of seeds that a surface takes in a run, so that no two surfaces have one. */
const SEEDS_PER_SURFACE = 100_000;

export interface FuzzRun {
  inputs: number;
  seed: number;
  timeLimitMs: number;
}

/** Sends inputs to one surface, over all lanes, until the count or the time is reached. Resolves with the count; rejects as `MixedRun` does. */
export async function fuzz(target: FuzzTarget, surface: Surface, run: FuzzRun): Promise<number> {
  const mixed = new MixedRun(target, [{ ...surface, share: 1 }], run);
  await mixed.send(run.inputs);
  return mixed.judged;
}

/**
 * Sends inputs to several surfaces at once, to each its share. One surface after the other would leave the broker idle while the slow
 * ones wait for their answers, and would never have a page read while a batch is published.
 */
export class MixedRun {
  readonly #surfaces: readonly DealtSurface[];
  readonly #endMs: number;
  #hasFailed = false;

  constructor(
    private readonly target: FuzzTarget,
    surfaces: readonly Surface[],
    { seed, timeLimitMs }: FuzzRun,
  ) {
    this.#surfaces = surfaces.map((surface, i) => new DealtSurface(surface, seed + i * SEEDS_PER_SURFACE));
    this.#endMs = performance.now() + timeLimitMs;
  }

  /** Inputs that the broker has judged. */
  get judged(): number {
    return this.#surfaces.reduce((sum, { judged }) => sum + judged, 0);
  }

  /** The same by surface. */
  get counts(): Record<string, number> {
    return Object.fromEntries(this.#surfaces.map(({ surface, judged }) => [surface.name, judged]));
  }

  get isOver(): boolean {
    return performance.now() >= this.#endMs;
  }

  /**
   * Goes on until so many inputs of the run are judged, or its time is over. Rejects with the seed, the number of the sending and its first input
   * that is answered wrongly alone.
   */
  async send(inputs: number): Promise<void> {
    const run = async (lane: Lane): Promise<void> => {
      while (!this.#hasFailed && this.#expected < inputs && !this.isOver) {
        await this.#furthestBehind()
          .sendNext(lane)
          .catch((error) => {
            this.#hasFailed = true;
            throw error;
          });
      }
    };
    await Promise.all(this.target.lanes.map(run));
  }

  get #expected(): number {
    return this.#surfaces.reduce((sum, { expected }) => sum + expected, 0);
  }

  #furthestBehind(): DealtSurface {
    return this.#surfaces.reduce((least, one) => (one.progress < least.progress ? one : least));
  }
}

/** Deals the sendings of one surface and counts what became of them. */
class DealtSurface {
  judged = 0;
  #inFlight = 0;
  #number = SENDINGS_PER_SEED;
  #seed: number;
  #deal: ReturnType<Surface['dealer']> | undefined;

  constructor(
    readonly surface: Surface,
    firstSeed: number,
  ) {
    this.#seed = firstSeed - 1;
  }

  /** Judged, or on their way to be. */
  get expected(): number {
    return this.judged + this.#inFlight;
  }

  get progress(): number {
    return this.expected / this.surface.share;
  }

  async sendNext(lane: Lane): Promise<void> {
    if (this.#number === SENDINGS_PER_SEED) {
      this.#number = 0;
      this.#deal = this.surface.dealer(++this.#seed);
    }
    const [seed, number] = [this.#seed, this.#number++];
    const sending = this.#deal!(lane, new SeededRandom(seed * SENDINGS_PER_SEED + number));
    this.#inFlight += sending.inputs.length;
    try {
      // In two steps: `+=` would read the count before the answer and lose what other lanes add meanwhile.
      const judged = await sending.send(sending.inputs);
      this.judged += judged;
    } catch (error) {
      const why = `${this.surface.name}, seed ${seed}, sending ${number}: ${String(error)}`;
      throw new Error(`${why}\n${await firstAlone(sending)}`, { cause: error });
    } finally {
      this.#inFlight -= sending.inputs.length;
    }
  }
}

async function firstAlone({ inputs, send }: Sending): Promise<string> {
  for (const [index, input] of inputs.entries()) {
    try {
      await send([input]);
    } catch (error) {
      return `input ${index} of ${inputs.length} fails alone: ${String(error)}`;
    }
  }
  return `none of its ${inputs.length} inputs fails alone`;
}
