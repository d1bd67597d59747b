/** Looks at once and then at every interval. A look that lasts longer than the interval delays the next: no two run at once. */
export class RepeatedLook {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly intervalMs: number,
    private readonly look: () => Promise<void>,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.now(), this.intervalMs);
    this.#timer.unref();
    void this.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when the look has ended that is running, or that begins now. */
  now(): Promise<void> {
    this.#running ??= this.look().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
