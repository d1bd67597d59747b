/** Arrivals are counted in windows of this length. */
const WINDOW_MS = 100;
/** So many arrivals in one window are no coincidence: a network was cut or a broker restarted. */
const ARRIVALS_MIN = 8;
/** A storm counts as over after this time even if readers keep arriving: the first ones must not wait for ever. */
const STORM_MS_MAX = 5_000;

/**
 * Detects a thundering herd: so many readers arrive at once that it pays to wait for the rest, because what is read
 * before all are there has to be read again for those from further behind.
 */
export class ReconnectStorm {
  #arrivals = 0;
  #windowBeganMs: number;
  #beganMs: number | undefined;

  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.#windowBeganMs = nowMs();
  }

  arrived(): void {
    this.#finishWindow();
    this.#arrivals++;
  }

  get isOn(): boolean {
    this.#finishWindow();
    return this.#beganMs !== undefined && this.nowMs() < this.#beganMs + STORM_MS_MAX;
  }

  /** Judges a finished window by its rate and not by its count: it may have lasted long, since nobody asked meanwhile. */
  #finishWindow(): void {
    const now = this.nowMs();
    const lengthMs = now - this.#windowBeganMs;
    if (lengthMs < WINDOW_MS) return;
    const isStorm = this.#arrivals * WINDOW_MS >= ARRIVALS_MIN * lengthMs;
    this.#beganMs = isStorm ? (this.#beganMs ?? this.#windowBeganMs) : undefined;
    this.#windowBeganMs = now;
    this.#arrivals = 0;
  }
}
