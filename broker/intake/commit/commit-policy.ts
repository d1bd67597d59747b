import { BATCH_MESSAGES_MAX, SINGLES_MAX } from '../../nats/write/publisher.js';

/** `batch`: one atomic batch, synced as one by the store. `singles`: each event by itself, pipelined. */
export type CommitMode = 'batch' | 'singles';

/** Upper bounds of the size classes, in the first of which all go as singles, measured apart because the cost per event depends on how many share a commit. */
const SIZE_CLASSES = [SINGLES_MAX, 100, BATCH_MESSAGES_MAX] as const;
/** Weight of the newest measurement: a few commits follow a store that changes, one outlier does not sway it. */
const SMOOTHING = 0.25;
/** Smaller commits measure round-trip time, not marginal cost per event. */
const MEASURED_EVENTS_MIN = 8;
/** Commits between two probes, times how much slower the other mode was: probing costs a hundredth of the speed at most. */
const PROBE_PAUSE = 100;
const PROBE_PAUSE_MAX = 20_000;
/** Commits of a new broker before its first probe: earlier ones measure how a process warms up. */
const FIRST_PROBE_AFTER = 20;
/** How many times cheaper a single can get from one size class to the next, because more of them are in flight. */
const PIPELINE_GAIN_MAX = 4;

interface SizeClass {
  /** Milliseconds for each event, smoothed. */
  cost: Record<CommitMode, number | undefined>;
  untilProbe: number;
}

/**
 * Chooses the mode of a commit by what both modes have cost lately.
 *
 * A setting would be the obvious answer, but no value is right everywhere: on one server that syncs every write a batch is many
 * times faster; on a cluster, where one append to the consensus log carries many messages, singles can be. So the cost
 * per event is measured in classes of size, and the other mode is probed now and then. There is neither a clock
 * nor chance in here: the same measurements lead to the same choices. See docs/decisions/0031.
 */
export class CommitPolicy {
  readonly #classes: SizeClass[] = SIZE_CLASSES.map(() => {
    return { cost: { batch: undefined, singles: undefined }, untilProbe: FIRST_PROBE_AFTER };
  });

  #nextMax: number = BATCH_MESSAGES_MAX;

  /** How many events the next commit may have: a small probe shows whether a large one is worth it. */
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

  /** A commit of so many events went through whole and without an error in so many milliseconds. */
  measured(mode: CommitMode, events: number, ms: number): void {
    if (events < MEASURED_EVENTS_MIN) return;
    const { cost } = this.#classes[classOf(events)]!;
    const before = cost[mode];
    const now = ms / events;
    cost[mode] = before === undefined ? now : before + SMOOTHING * (now - before);
  }

  #isProbeDue(index: number): boolean {
    const size = this.#classes[index]!;
    if (--size.untilProbe > 0) return false;
    const { batch, singles } = size.cost;
    const isHopeless = singles === undefined && batch !== undefined && this.#leastCostOfSingles(index) > batch;
    const unmeasured = this.#smallestUnmeasured(index);
    if (singles === undefined && !isHopeless && unmeasured < index) {
      this.#nextMax = SIZE_CLASSES[unmeasured]!;
      this.#classes[unmeasured]!.untilProbe = 1;
      size.untilProbe = FIRST_PROBE_AFTER;
      return false;
    }
    const slower = batch !== undefined && singles !== undefined ? Math.max(batch / singles, singles / batch) : 1;
    size.untilProbe = Math.min(PROBE_PAUSE_MAX, Math.ceil(PROBE_PAUSE * slower));
    return !isHopeless;
  }

  /** Extrapolated from smaller commits; without it the first probe with 1,000 singles could hold a partition for seconds. */
  #leastCostOfSingles(index: number): number {
    for (let lower = index - 1; lower >= 0; lower--) {
      const known = this.#classes[lower]!.cost.singles;
      if (known !== undefined) return known / PIPELINE_GAIN_MAX ** (index - lower);
    }
    return 0;
  }

  /** Smallest size class whose singles were never measured; `index` when all smaller ones were. */
  #smallestUnmeasured(index: number): number {
    const unmeasured = this.#classes.slice(0, index).findIndex(({ cost }) => cost.singles === undefined);
    return unmeasured < 0 ? index : unmeasured;
  }
}

const classOf = (events: number): number => {
  const index = SIZE_CLASSES.findIndex((upTo) => events <= upTo);
  return index < 0 ? SIZE_CLASSES.length - 1 : index;
};
const otherThan = (mode: CommitMode): CommitMode => (mode === 'batch' ? 'singles' : 'batch');
