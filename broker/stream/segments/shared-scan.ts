import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import type { LogSegment } from './log-segment.js';
import type { ReconnectStorm } from './reconnect-storm.js';

/** Takes from a segment what its reader can have now. Must not reject, nor wait for the reader's socket or the store. */
export type TakeSegment = (segment: LogSegment) => Promise<void>;

interface ScanReader {
  after: number;
  take: TakeSegment;
  resolve(taken: Promise<void>): void;
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
 * first segment all of them stand at the same boundary: a segment is read once, and encoded once per view. The scan goes on
 * when those that it served have taken the segment, or it would run ahead of them and have to come back.
 *
 * During a reconnect storm the scan does not start, so that it need not go back for the ones that arrive last. See
 * docs/decisions/0011.
 */
export class SharedScan {
  /** In order of arrival. */
  readonly #waiting = new Set<ScanReader>();
  #isRunning = false;
  #turns = 0;
  /** The next segment, read while the current one is sent. */
  #prefetched: { after: number; loading: Promise<LogSegment> } | undefined;

  constructor(
    private readonly load: (after: number) => Promise<LogSegment>,
    private readonly storm: Pick<ReconnectStorm, 'isOn'>,
    /** Called when no reader is waiting any more. */
    private readonly onIdle: () => void = () => undefined,
  ) {}

  /** Resolves when `take` has been given the segment that continues after a position, and has taken it. */
  next(after: number, take: TakeSegment): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.add({ after, take, resolve, reject });
      if (!this.#isRunning) void this.#run();
    });
  }

  async #run(): Promise<void> {
    this.#isRunning = true;
    // Between turns sockets are written, and readers that were served ask for their next segment.
    for (await nextTurn(); this.#waiting.size > 0; await nextTurn()) {
      while (this.storm.isOn) await pause(STORM_POLL_MS);
      const first = this.#choose();
      try {
        await this.#serve(first, await this.#segmentAfter(first.after));
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

  /** Resolves when the readers served have taken the segment. */
  async #serve(first: ScanReader, segment: LogSegment): Promise<void> {
    const takes: Promise<void>[] = [];
    const give = (reader: ScanReader): void => {
      this.#waiting.delete(reader);
      const taken = reader.take(segment);
      takes.push(taken);
      reader.resolve(taken);
    };
    give(first);
    for (const reader of this.#waiting) {
      if (reader.after < segment.after || reader.after >= segment.through) continue;
      if (takes.length === READERS_PER_TURN_MAX) break;
      give(reader);
    }
    await Promise.all(takes);
  }
}
