import { LoopUtilization } from './loop-utilization.js';

/**
 * The delay grows with the square of the time that the last flush took. A flush of 1 ms (some hundred sessions) delays the
 * next by 2 ms at most; one of 5 ms by 50 ms, so that flushing takes a tenth of the time on a core that is short of it.
 */
const DELAY_PER_FLUSH_SQUARED = 2;
/** Upper bound of the latency that coalescing adds to an event. */
const DELAY_MS_MAX = 50;
/** Share of the headroom above the setting that is left when the delay has its full length. */
const FULL_DELAY_HEADROOM = 0.1;

export interface CoalescingDelayOptions {
  /**
   * Flushes for a slice of a turn of the event loop. Returns true when everything that was pending at the first call is flushed;
   * after false it is called again in the next turn.
   */
  flush: () => boolean;
  /** Utilisation of the event loop up to which frames are never delayed; 0 delays them always. */
  aboveUtilization: number;
  nowMs?: () => number;
  /** Returns the share of the recent past in which the event loop was busy. */
  utilization?: (nowMs: number) => number;
}

/**
 * Decides when the next frames are flushed to the sockets.
 *
 * A frame costs one system call per session, whether it holds one event or a hundred. Flushing after every event keeps a
 * broker with hundreds of sessions busy with nothing else. A delay, fixed or by the cost of the last flush, saves that work
 * and costs latency also when the core has time to spare. So the delay follows from both: events share a frame for as long
 * as the last flush suggests, times the need for it: none while the event loop is idle for long enough, all when it is busy.
 *
 * Invariant: no event waits longer than `DELAY_MS_MAX` for its flush to begin. Measurements are in docs/decisions/0013 and 0265.
 */
export class CoalescingDelay {
  readonly #flush: () => boolean;
  readonly #aboveUtilization: number;
  readonly #nowMs: () => number;
  readonly #utilization: (nowMs: number) => number;
  #delayedUntilMs = 0;
  #state: 'idle' | 'delayed' | 'flushing' = 'idle';
  /** A flush is asked for what became pending behind the present one. */
  #isAskedAgain = false;
  /** Time that the slices of the present flush have taken. */
  #spentMs = 0;

  constructor({ flush, aboveUtilization, nowMs = () => performance.now(), utilization }: CoalescingDelayOptions) {
    this.#flush = flush;
    this.#aboveUtilization = aboveUtilization;
    this.#nowMs = nowMs;
    const loop = new LoopUtilization();
    this.#utilization = utilization ?? ((atMs) => loop.at(atMs));
  }

  /**
   * Asks for a flush: when what the store has just sent is dispatched, or when the delay is over. The end of the turn of the
   * event loop would be later: until then it reads what hundreds of sockets have for it, acknowledgements above all.
   */
  schedule(): void {
    if (this.#state === 'flushing') this.#isAskedAgain = true;
    if (this.#state !== 'idle') return;
    this.#state = 'delayed';
    const delayMs = this.#delayedUntilMs - this.#nowMs();
    // The resolution of a timer is a millisecond.
    if (delayMs < 1) process.nextTick(() => this.#run());
    else setTimeout(() => this.#run(), delayMs);
  }

  #run(): void {
    this.#state = 'flushing';
    const startedAtMs = this.#nowMs();
    const isDone = this.#flush();
    const endedAtMs = this.#nowMs();
    this.#spentMs += endedAtMs - startedAtMs;
    if (!isDone) {
      setImmediate(() => this.#run());
      return;
    }
    const need = needOf(this.#utilization(endedAtMs), this.#aboveUtilization);
    this.#delayedUntilMs = endedAtMs + need * delayAfter(this.#spentMs);
    this.#spentMs = 0;
    this.#state = 'idle';
    if (!this.#isAskedAgain) return;
    this.#isAskedAgain = false;
    this.schedule();
  }
}

function delayAfter(flushMs: number): number {
  return Math.min(DELAY_PER_FLUSH_SQUARED * flushMs ** 2, DELAY_MS_MAX);
}

/** From 0 at the configured utilisation to 1 when nearly all headroom above it is used. */
function needOf(utilization: number, above: number): number {
  if (above === 0) return 1;
  const full = above + (1 - above) * (1 - FULL_DELAY_HEADROOM);
  return Math.min(1, Math.max(0, (utilization - above) / (full - above)));
}
