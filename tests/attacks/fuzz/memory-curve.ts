import type { MemoryInUse } from '../../support/probes/watched-memory.js';

interface Point extends MemoryInUse {
  inputs: number;
}

/** Points of which the middle one counts: one is taken while a page is being sent, another while nothing is. */
const POINTS = 3;

/**
 * Memory in use over a run. What has a bound fills up during its first part, so growth is counted from there to the end: a leak of
 * some bytes for each input shows among millions of them, and a cache does not.
 */
export class MemoryCurve {
  readonly #points: Point[] = [];

  /** `warmShare`: the part of the run after which everything that has a bound is full. */
  constructor(
    private readonly inputs: number,
    private readonly warmShare: number,
  ) {}

  add(inputs: number, memory: MemoryInUse): void {
    this.#points.push({ inputs, ...memory });
  }

  /** Undefined before there are points enough behind the first part of the run. */
  get growth(): { inputs: number; usedMiB: number; residentMiB: number } | undefined {
    const warm = this.#points.filter(({ inputs }) => inputs >= this.inputs * this.warmShare);
    if (warm.length < 2 * POINTS) return undefined;
    const before = middleOf(warm.slice(0, POINTS));
    const after = middleOf(warm.slice(-POINTS));
    return {
      inputs: after.inputs - before.inputs,
      usedMiB: after.usedMiB - before.usedMiB,
      residentMiB: after.residentMiB - before.residentMiB,
    };
  }
}

/** Of the heap after a collection and of the buffers beside it. */
export const usedMiB = ({ heapMiB, externalMiB }: MemoryInUse): number => heapMiB + externalMiB;

function middleOf(points: readonly Point[]): { inputs: number; usedMiB: number; residentMiB: number } {
  return {
    inputs: median(points.map(({ inputs }) => inputs)),
    usedMiB: median(points.map(usedMiB)),
    residentMiB: median(points.map(({ residentMiB }) => residentMiB)),
  };
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!;
