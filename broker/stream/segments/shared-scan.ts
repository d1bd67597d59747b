import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { LogSegment } from './log-segment.js';
import { ReconnectStorm } from './reconnect-storm.js';

interface ScanReader {
  after: number;
  resolve(segment: LogSegment): void;
  reject(error: unknown): void;
}

/**
 * One turn in so many is for who has waited longest, so that one far behind which keeps coming holds nobody up for more than
 * a second or two. Its segment serves few and is read again when all the others come by.
 */
const LONGEST_WAITING_EVERY = 32;
/** Served in one turn of the event loop: each may write a frame of some 200 KiB, so all take some ten milliseconds. */
const READERS_PER_TURN_MAX = 128;

/** Between looks whether those who come back at the same time are all there. */
const STORM_PAUSE_MS = 20;

/**
 * Takes the readers of one entry's log along it, who is furthest behind first. Everyone whose place it comes by rides
 * with it from there on. So thousands that come back from as many places soon need the same segment at the same time:
 * it is read once, cut and encoded once per view, and need not be kept. While many arrive it waits for the rest of them.
 */
export class SharedScan {
  /** In the order in which they came. */
  readonly #waiting = new Set<ScanReader>();
  readonly #storm = new ReconnectStorm();
  #isRunning = false;
  #turns = 0;
  /** What is read while the segment before it is sent. */
  #prefetched: { after: number; loading: Promise<LogSegment> } | undefined;

  constructor(
    private readonly load: (after: number) => Promise<LogSegment>,
    /** Called when nobody waits any more. */
    private readonly onIdle: () => void = () => undefined,
  ) {}

  /** The segment that holds what comes next after a place, when its turn has come. `isNew`: for the first time. */
  next(after: number, isNew = false): Promise<LogSegment> {
    if (isNew) this.#storm.arrived();
    return new Promise((resolve, reject) => {
      this.#waiting.add({ after, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // After a turn who was served in the last one waits again, and sockets and other work have had theirs.
    for (await nextTurn(); this.#waiting.size > 0; await nextTurn()) {
      while (this.#storm.isOn) await pause(STORM_PAUSE_MS);
      const first = this.#choose();
      try {
        this.#serve(first, await this.#segmentAfter(first.after));
      } catch (error) {
        this.#waiting.delete(first);
        first.reject(error);
      }
    }
    this.#isRunning = false;
    this.#prefetched = undefined;
    this.onIdle();
  }

  #choose(): ScanReader {
    let chosen: ScanReader | undefined;
    for (const rider of this.#waiting) {
      if (!chosen || rider.after < chosen.after) chosen = rider;
      if (this.#turns % LONGEST_WAITING_EVERY === 0) break;
    }
    this.#turns++;
    return chosen as ScanReader;
  }

  async #segmentAfter(after: number): Promise<LogSegment> {
    const prefetched = this.#prefetched?.after === after ? this.#prefetched : undefined;
    if (prefetched) this.#prefetched = undefined;
    const segment = await (prefetched?.loading ?? this.load(after));
    // A segment with many riders takes several turns: what comes next is read once.
    if (segment.events.length > 0 && this.#prefetched?.after !== segment.through) this.#prefetch(segment.through);
    return segment;
  }

  #prefetch(after: number): void {
    const loading = this.load(after);
    this.#prefetched = { after, loading };
    // Nobody may want it in the end; who does meets the error there.
    loading.catch(() => undefined);
  }

  #serve(first: ScanReader, segment: LogSegment): void {
    this.#waiting.delete(first);
    first.resolve(segment);
    let served = 1;
    for (const rider of this.#waiting) {
      if (rider.after < segment.after || rider.after >= segment.through) continue;
      if (served++ === READERS_PER_TURN_MAX) return;
      this.#waiting.delete(rider);
      rider.resolve(segment);
    }
  }
}
