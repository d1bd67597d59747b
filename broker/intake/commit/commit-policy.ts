import { BATCH_MESSAGES_MAX } from '../../nats/write/publisher.js';

/** `batch`: one atomic batch, which the store syncs as one. `singles`: each event by itself, pipelined. */
export type CommitMode = 'batch' | 'singles';

/** Up to this many always go singly: an atomic batch costs as much as about twenty synced writes. */
export const ALWAYS_SINGLES = 20;
/** Upper bounds of the sizes that are told apart: what a way costs for each event depends on how many share it. */
const SIZE_CLASSES = [ALWAYS_SINGLES, 100, BATCH_MESSAGES_MAX] as const;
/** Share of the newest measurement: a few commits are enough to follow a store that changes, one is not. */
const SMOOTHING = 0.25;
/** Fewer measure the way to the store and back, not what an event more costs. */
const MEASURED_EVENTS_MIN = 8;
/** Commits for each time that the other way was slower: looking again costs a hundredth of the speed at most. */
const PROBE_PAUSE = 100;
const PROBE_PAUSE_MAX = 20_000;
/** Commits of a new broker before it tries the other way: the first ones measure how a process warms up. */
const FIRST_PROBE_AFTER = 20;
/** How many times cheaper a single can get from one size to the next, by more of them being under way. */
const PIPELINE_GAIN_MAX = 4;

interface SizeClass {
  /** Milliseconds for each event, smoothed. */
  cost: Record<CommitMode, number | undefined>;
  untilProbe: number;
}

/**
 * Which way a commit of many events goes, by what both ways have cost lately. On one server that syncs every write a
 * batch is many times faster; on a cluster, where one append to the consensus log carries many messages, singles can be.
 * It holds no clock and no chance: the same measurements lead to the same choices.
 */
export class CommitPolicy {
  readonly #classes: SizeClass[] = SIZE_CLASSES.map(() => {
    return { cost: { batch: undefined, singles: undefined }, untilProbe: FIRST_PROBE_AFTER };
  });

  #nextMax: number = BATCH_MESSAGES_MAX;

  /** How many events the next commit may have: a smaller one tells first whether a large one is worth trying singly. */
  nextCommitMax(): number {
    const max = this.#nextMax;
    this.#nextMax = BATCH_MESSAGES_MAX;
    return max;
  }

  choose(events: number): CommitMode {
    const index = classOf(events);
    if (index === 0) return 'singles';
    const { cost } = this.#classes[index]!;
    const better = (cost.singles ?? Number.POSITIVE_INFINITY) < (cost.batch ?? 0) ? 'singles' : 'batch';
    return this.#isProbeDue(index) ? otherThan(better) : better;
  }

  /** A commit of so many events went that way, whole and without an error, in so many milliseconds. */
  measured(way: CommitMode, events: number, ms: number): void {
    if (events < MEASURED_EVENTS_MIN) return;
    const { cost } = this.#classes[classOf(events)]!;
    const before = cost[way];
    const now = ms / events;
    cost[way] = before === undefined ? now : before + SMOOTHING * (now - before);
  }

  #isProbeDue(index: number): boolean {
    const size = this.#classes[index]!;
    if (--size.untilProbe > 0) return false;
    const { batch, singles } = size.cost;
    const isHopeless = singles === undefined && batch !== undefined && this.#leastCostOfSingles(index) > batch;
    const untold = this.#smallestUntold(index);
    if (singles === undefined && !isHopeless && untold < index) {
      this.#nextMax = SIZE_CLASSES[untold]!;
      this.#classes[untold]!.untilProbe = 1;
      size.untilProbe = FIRST_PROBE_AFTER;
      return false;
    }
    const slower = batch !== undefined && singles !== undefined ? Math.max(batch / singles, singles / batch) : 1;
    size.untilProbe = Math.min(PROBE_PAUSE_MAX, Math.ceil(PROBE_PAUSE * slower));
    return !isHopeless;
  }

  /** What smaller commits tell: without it the first try of a thousand singles would hold a partition for a second or many. */
  #leastCostOfSingles(index: number): number {
    for (let lower = index - 1; lower >= 0; lower--) {
      const known = this.#classes[lower]!.cost.singles;
      if (known !== undefined) return known / PIPELINE_GAIN_MAX ** (index - lower);
    }
    return 0;
  }

  /** The class of the smallest commits whose singles were never measured; `index` when all smaller ones were. */
  #smallestUntold(index: number): number {
    const untold = this.#classes.slice(0, index).findIndex(({ cost }) => cost.singles === undefined);
    return untold < 0 ? index : untold;
  }
}

const classOf = (events: number): number => {
  const index = SIZE_CLASSES.findIndex((upTo) => events <= upTo);
  return index < 0 ? SIZE_CLASSES.length - 1 : index;
};
const otherThan = (way: CommitMode): CommitMode => (way === 'batch' ? 'singles' : 'batch');
