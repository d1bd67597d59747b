import { partitionPoint } from '../../../proto/values/partition-point.js';

/** Positions above `after`, up to and with `through`. */
export interface EventRange {
  after: number;
  through: number;
}

/** Few enough that counting a part of one takes microseconds. */
const CHUNK_EVENTS_MAX = 512;
const CHUNK_EVENTS_MIN = 8;

/** A run of matched events, whose positions and times may be dropped while their number stays known. */
export class EventChunk {
  #positions: Float64Array | undefined = new Float64Array(CHUNK_EVENTS_MIN);
  #times: Float64Array | undefined = new Float64Array(CHUNK_EVENTS_MIN);
  #size = 0;
  first = 0;
  last = 0;
  firstMs = 0;
  minMs = Number.POSITIVE_INFINITY;
  #maxMs = 0;

  constructor(
    /** Events of the list before this chunk. */
    private before: number,
    /** Latest acceptance time in the chunks before this one. */
    private maxMsBefore: number,
  ) {}

  get start(): number {
    return this.before;
  }

  get size(): number {
    return this.#size;
  }

  get isFull(): boolean {
    return this.#size === CHUNK_EVENTS_MAX;
  }

  /** Latest acceptance time up to the end of this chunk: ascending over the chunks, though the times are not quite. */
  get maxMsSoFar(): number {
    return Math.max(this.maxMsBefore, this.#maxMs);
  }

  get retained(): number {
    return this.#positions ? this.#size : 0;
  }

  get range(): EventRange {
    return { after: this.first - 1, through: this.last };
  }

  startAt(before: number, maxMsBefore: number): void {
    this.before = before;
    this.maxMsBefore = maxMsBefore;
  }

  append(position: number, acceptedAtMs: number): void {
    this.#positions = withCapacity(this.#positions as Float64Array, this.#size + 1);
    this.#times = withCapacity(this.#times as Float64Array, this.#size + 1);
    this.#positions[this.#size] = position;
    this.#times[this.#size] = acceptedAtMs;
    if (this.#size === 0) {
      this.first = position;
      this.firstMs = acceptedAtMs;
    }
    this.#size++;
    this.last = position;
    this.minMs = Math.min(this.minMs, acceptedAtMs);
    this.#maxMs = Math.max(this.#maxMs, acceptedAtMs);
  }

  /** Undefined when the positions were dropped. */
  countAfter(position: number, sinceMs: number): { events: number; oldestMs: number | undefined } | undefined {
    const [positions, times] = [this.#positions, this.#times];
    if (!positions || !times) return undefined;
    const first = partitionPoint(0, this.#size, (at) => (positions[at] as number) <= position);
    // Nearly always: only a history that begins within the chunk makes it look at each event.
    if (this.minMs >= sinceMs)
      return { events: this.#size - first, oldestMs: first < this.#size ? times[first] : undefined };
    let events = 0;
    let oldestMs: number | undefined;
    for (let i = first; i < this.#size; i++) {
      const acceptedAtMs = times[i] as number;
      if (acceptedAtMs < sinceMs) continue;
      events++;
      oldestMs ??= acceptedAtMs;
    }
    return { events, oldestMs };
  }

  collapse(): void {
    this.#positions = undefined;
    this.#times = undefined;
  }
}

function withCapacity(values: Float64Array, size: number): Float64Array {
  if (size <= values.length) return values;
  const larger = new Float64Array(Math.min(CHUNK_EVENTS_MAX, values.length * 2));
  larger.set(values);
  return larger;
}
