/** Arrivals are counted in windows of this length. */
const WINDOW_MS = 100;
/** So many arrivals in one window are no coincidence: a network was cut or a broker restarted. */
const ARRIVALS_MIN = 8;
/** A storm counts as over after this time even if readers keep arriving: the first ones must not wait for ever. */
const STORM_MS_MAX = 5_000;

/**
 * Detects a thundering herd: so many readers arrive at once that it pays to wait for the rest, because what is read
 * before all are there has to be read again for those from further behind.
 *
 * A reader arrives when its subscription is requested and not when it first reads: opening takes three synced writes, and with
 * thousands at once the first ones would read alone for a while. A storm lasts while any of its readers is still being opened.
 *
 * Invariant: no reader waits for storms more than half of the time, however a client asks for subscriptions: after one no
 * other begins before as much time has passed as it took.
 */
export class ReconnectStorm {
  #arrivals = 0;
  #arriving = 0;
  #windowBeganMs: number;
  #beganMs: number | undefined;
  #calmUntilMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.#windowBeganMs = nowMs();
  }

  /** A reader arrives. Returns the function to call when it asks for its first segment, or will ask for none. */
  arrive(): () => void {
    this.#finishWindow();
    this.#arrivals++;
    this.#arriving++;
    let isArriving = true;
    return () => {
      if (isArriving) this.#arriving--;
      isArriving = false;
    };
  }

  get isOn(): boolean {
    this.#finishWindow();
    if (this.#arrivals >= ARRIVALS_MIN) this.#begin();
    return this.#isOnAt(this.nowMs());
  }

  #isOnAt(nowMs: number): boolean {
    return this.#beganMs !== undefined && nowMs < this.#beganMs + STORM_MS_MAX;
  }

  #begin(): void {
    if (this.#windowBeganMs >= this.#calmUntilMs) this.#beganMs ??= this.#windowBeganMs;
  }

  #end(nowMs: number): void {
    if (this.#beganMs === undefined) return;
    const endedMs = Math.min(nowMs, this.#beganMs + STORM_MS_MAX);
    this.#calmUntilMs = endedMs + (endedMs - this.#beganMs);
    this.#beganMs = undefined;
  }

  /** Judges a finished window by its rate and not by its count: it may have lasted long, since nobody asked meanwhile. */
  #finishWindow(): void {
    const now = this.nowMs();
    const lengthMs = now - this.#windowBeganMs;
    if (lengthMs < WINDOW_MS) return;
    if (this.#arrivals * WINDOW_MS >= ARRIVALS_MIN * lengthMs) this.#begin();
    else if (!this.#isOnAt(now) || this.#arriving === 0) this.#end(now);
    this.#windowBeganMs = now;
    this.#arrivals = 0;
  }
}
