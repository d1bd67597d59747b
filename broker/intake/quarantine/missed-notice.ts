/** An operator needs to know that it happens, not each time that it does. */
const NOTICE_EVERY_MS = 10_000;

/** Tells that refused events were not kept, at most once in ten seconds, with how many it has been since the last time. */
export class MissedNotice {
  #untold = 0;
  #toldAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: () => number,
    private readonly tell: (message: string, error: unknown) => void,
  ) {}

  add(events: number, error: unknown): void {
    this.#untold += events;
    const now = this.clock();
    if (now - this.#toldAtMs < NOTICE_EVERY_MS) return;
    this.tell(`refused events that the store did not take into quarantine: ${this.#untold}`, error);
    this.#toldAtMs = now;
    this.#untold = 0;
  }
}
