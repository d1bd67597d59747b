import { type FlushLoad, LoopLoad } from './loop-load.js';

/**
 * Share that flushes may take of the time that all other work leaves, on a core that is short of it. A share of 0.5 takes a fifth less
 * processor time at hundreds of events a second, for half as much latency again.
 */
const FLUSH_SHARE = 0.8;
/** The same where frames are always delayed: those who set that prefer processor time to latency. */
const SAVING_FLUSH_SHARE = 0.1;
/** Upper bound of the latency that coalescing adds to an event. */
const DELAY_MS_MAX = 50;
/** A shorter delay is left out: it would save next to nothing, and a timer, which counts milliseconds, would double it. */
const DELAY_MS_MIN = 2;
/** Share of the headroom above the setting that is left when the delay has its full length. */
const FULL_DELAY_HEADROOM = 0.1;

/** Output of a flush: frames, each to one session, and the events in them. */
export interface Flushed {
  frames: number;
  events: number;
}

export interface CoalescingDelayOptions {
  /**
   * Flushes for a slice of a turn of the event loop. Returns what was sent when everything that was pending at the first call is
   * flushed; undefined when there is more: it is called again in the next turn then.
   */
  flush: () => Flushed | undefined;
  /** Utilisation of the event loop up to which frames are never delayed; 0 delays them always. */
  aboveUtilization: number;
  nowMs?: () => number;
  /** Runs something later, as `setTimeout` does. */
  runLater?: (run: () => void, delayMs: number) => void;
  load?: FlushLoad;
}

/**
 * Decides when the next frames are flushed to the sockets.
 *
 * A frame costs one system call per session, whether it holds one event or a hundred. Flushing after every event keeps a
 * broker with hundreds of sessions busy with nothing else. A delay, fixed or by the cost of the last flush, saves that work
 * and costs latency also when the core has time to spare. A delay that follows the utilisation of the loop swings: what it saves
 * is what ends it. So the delay follows from what it does not change itself: the time that the loop has for other work, and the
 * time that flushes would take if each event were sent by itself. While both together leave the loop enough, there is none; else
 * flushes are as far apart as makes them take their share.
 *
 * Invariant: no event waits longer than `DELAY_MS_MAX` for its flush to begin. Measurements are in docs/decisions/0013, 0265 and 0363.
 */
export class CoalescingDelay {
  readonly #flush: () => Flushed | undefined;
  readonly #aboveUtilization: number;
  readonly #nowMs: () => number;
  readonly #runLater: NonNullable<CoalescingDelayOptions['runLater']>;
  readonly #load: FlushLoad;
  #delayedUntilMs = 0;
  #state: 'idle' | 'delayed' | 'flushing' = 'idle';
  /** A flush is asked for what became pending behind the present one. */
  #isAskedAgain = false;
  /** Time that the slices of the present flush have taken. */
  #spentMs = 0;

  constructor({
    flush,
    aboveUtilization,
    nowMs = () => performance.now(),
    runLater = setTimeout,
    load = new LoopLoad(),
  }: CoalescingDelayOptions) {
    this.#flush = flush;
    this.#aboveUtilization = aboveUtilization;
    this.#nowMs = nowMs;
    this.#runLater = runLater;
    this.#load = load;
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
    if (delayMs < DELAY_MS_MIN) process.nextTick(() => this.#run());
    else this.#runLater(() => this.#run(), delayMs);
  }

  #run(): void {
    this.#state = 'flushing';
    const startedAtMs = this.#nowMs();
    const flushed = this.#flush();
    const endedAtMs = this.#nowMs();
    this.#spentMs += endedAtMs - startedAtMs;
    if (!flushed) {
      setImmediate(() => this.#run());
      return;
    }
    this.#delayedUntilMs = endedAtMs + this.#delayAfter(flushed, endedAtMs);
    this.#spentMs = 0;
    this.#state = 'idle';
    if (!this.#isAskedAgain) return;
    this.#isAskedAgain = false;
    this.schedule();
  }

  #delayAfter({ frames, events }: Flushed, nowMs: number): number {
    const spentMs = this.#spentMs;
    this.#load.flushed(spentMs, frames === 0 ? 0 : (spentMs * events) / frames, nowMs);
    const { other, unshared, flushMs } = this.#load;
    const share = (this.#aboveUtilization === 0 ? SAVING_FLUSH_SHARE : FLUSH_SHARE) * (1 - other);
    // One flush that was held up, by a collection or for a core, says nothing about the next.
    const usualMs = Math.min(spentMs, flushMs);
    const delayMs = share > 0 ? usualMs / share - usualMs : DELAY_MS_MAX;
    return needOf(other + unshared, this.#aboveUtilization) * Math.min(delayMs, DELAY_MS_MAX);
  }
}

/** From 0 at the configured utilisation to 1 when nearly all headroom above it is used. */
function needOf(utilization: number, above: number): number {
  if (above === 0) return 1;
  const full = above + (1 - above) * (1 - FULL_DELAY_HEADROOM);
  return Math.min(1, Math.max(0, (utilization - above) / (full - above)));
}
