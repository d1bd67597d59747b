import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { LogSegment } from './log-segment.js';
import { ReconnectStorm } from './reconnect-storm.js';

interface ScanReader {
  after: number;
  resolve(segment: LogSegment): void;
  reject(error: unknown): void;
}

/**
 * Every 32nd turn serves the reader that has waited longest, wherever it is, so that one reader far behind holds up nobody
 * for more than a second or two. The segment of such a turn serves few and is read again later.
 */
const LONGEST_WAITING_EVERY = 32;
/** Readers served per turn of the event loop. Each may write a frame of some 200 KiB, so a turn takes some ten milliseconds. */
const READERS_PER_TURN_MAX = 128;

/** Polling interval while a reconnect storm lasts. */
const STORM_POLL_MS = 20;

/**
 * A cooperative scan of one entry's log.
 *
 * After a restart thousands of subscriptions resume from as many positions. Reading the log for each would take the store
 * thousands of reads; a cache alone does not help, because a segment is evicted before the next reader comes to it. So one
 * scan starts at the reader furthest behind, and each other reader joins when the scan reaches its position. After the
 * first segment all of them stand at the same boundary: a segment is read once, and encoded once per view.
 *
 * During a reconnect storm the scan does not start, so that it need not go back for the ones that arrive last. See
 * docs/decisions/0011.
 */
export class SharedScan {
  /** In order of arrival. */
  readonly #waiting = new Set<ScanReader>();
  readonly #storm = new ReconnectStorm();
  #isRunning = false;
  #turns = 0;
  /** The next segment, read while the current one is sent. */
  #prefetched: { after: number; loading: Promise<LogSegment> } | undefined;

  constructor(
    private readonly load: (after: number) => Promise<LogSegment>,
    /** Called when no reader is waiting any more. */
    private readonly onIdle: () => void = () => undefined,
  ) {}

  /** Resolves with the segment that continues after a position. `isNew`: the reader's first request, counted as an arrival. */
  next(after: number, isNew = false): Promise<LogSegment> {
    if (isNew) this.#storm.arrived();
    return new Promise((resolve, reject) => {
      this.#waiting.add({ after, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // Between turns sockets are written, and readers that were served ask for their next segment.
    for (await nextTurn(); this.#waiting.size > 0; await nextTurn()) {
      while (this.#storm.isOn) await pause(STORM_POLL_MS);
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
    for (const reader of this.#waiting) {
      if (!chosen || reader.after < chosen.after) chosen = reader;
      if (this.#turns % LONGEST_WAITING_EVERY === 0) break;
    }
    this.#turns++;
    return chosen as ScanReader;
  }

  async #segmentAfter(after: number): Promise<LogSegment> {
    const prefetched = this.#prefetched?.after === after ? this.#prefetched : undefined;
    if (prefetched) this.#prefetched = undefined;
    const segment = await (prefetched?.loading ?? this.load(after));
    // A segment with many readers takes several turns; its successor is loaded in the first of them only.
    if (segment.events.length > 0 && this.#prefetched?.after !== segment.through) this.#prefetch(segment.through);
    return segment;
  }

  #prefetch(after: number): void {
    const loading = this.load(after);
    this.#prefetched = { after, loading };
    // Nobody may need it in the end; a reader that does gets the error from the same promise.
    loading.catch(() => undefined);
  }

  #serve(first: ScanReader, segment: LogSegment): void {
    this.#waiting.delete(first);
    first.resolve(segment);
    let served = 1;
    for (const reader of this.#waiting) {
      if (reader.after < segment.after || reader.after >= segment.through) continue;
      if (served++ === READERS_PER_TURN_MAX) return;
      this.#waiting.delete(reader);
      reader.resolve(segment);
    }
  }
}
