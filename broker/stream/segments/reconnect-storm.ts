/** Arrivals are counted in windows of this length. */
const WINDOW_MS = 100;
/** That many in a window are a rush: a network that was cut or a broker that was restarted, not chance. */
const ARRIVALS_MIN = 8;
/** Those who came first wait no longer, however many still come. */
const STORM_MS_MAX = 5_000;

/**
 * Tells when so many arrive that it is worth waiting for the rest: what is done before they are all there has to be done
 * again for those who come later.
 */
export class ReconnectStorm {
  #arrivals = 0;
  #windowBeganMs: number;
  #beganMs: number | undefined;

  constructor(private readonly nowMs: () => number = () => performance.now()) {
    this.#windowBeganMs = nowMs();
  }

  arrived(): void {
    this.#closeWindow();
    this.#arrivals++;
  }

  get isOn(): boolean {
    this.#closeWindow();
    return this.#beganMs !== undefined && this.nowMs() < this.#beganMs + STORM_MS_MAX;
  }

  /** A window that is over decides whether there is a rush, by its rate: nobody may have looked for long. */
  #closeWindow(): void {
    const now = this.nowMs();
    const lengthMs = now - this.#windowBeganMs;
    if (lengthMs < WINDOW_MS) return;
    const isRush = this.#arrivals * WINDOW_MS >= ARRIVALS_MIN * lengthMs;
    this.#beganMs = isRush ? (this.#beganMs ?? this.#windowBeganMs) : undefined;
    this.#windowBeganMs = now;
    this.#arrivals = 0;
  }
}
