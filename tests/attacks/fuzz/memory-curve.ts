import type { MemoryInUse } from '../../support/probes/watched-memory.js';

interface Point extends MemoryInUse {
  inputs: number;
}

/** Points of which the middle one counts: one is taken while a page is being sent, another while nothing is. */
const POINTS = 3;

/** How much more is in use after so many inputs. */
export interface Growth {
  inputs: number;
  mib: number;
}

/**
 * Memory in use over a run, after full collections. What has a bound fills up during the first part of a run, so growth is counted
 * from there to the end: a leak of some bytes for each input shows among millions of them, and a cache does not. Decision: docs/decisions/0337.
 */
export class MemoryCurve {
  readonly #points: Point[] = [];

  add(inputs: number, memory: MemoryInUse): void {
    this.#points.push({ inputs, ...memory });
  }

  /** From `warmInputs` to the end. Undefined where there are too few points to say. */
  growth(of: keyof MemoryInUse, warmInputs: number): Growth | undefined {
    const warm = this.#points.filter(({ inputs }) => inputs >= warmInputs);
    if (warm.length < 2 * POINTS) return undefined;
    const [before, after] = [warm.slice(0, POINTS), warm.slice(-POINTS)];
    const grown = (key: keyof Point): number =>
      median(after.map((one) => one[key])) - median(before.map((one) => one[key]));
    return { inputs: grown('inputs'), mib: grown(of) };
  }

  /** The most in use at any point, in MiB; 0 without a point. */
  most(of: keyof MemoryInUse): number {
    return Math.max(0, ...this.#points.map((one) => one[of]));
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
