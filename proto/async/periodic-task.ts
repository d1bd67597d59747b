/** Runs a task at once and then at every interval. One that lasts longer than the interval delays the next: no two run at once. */
export class PeriodicTask {
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> | undefined;

  constructor(
    private readonly intervalMs: number,
    private readonly task: () => Promise<void>,
  ) {}

  start(): void {
    this.#timer = setInterval(() => void this.now(), this.intervalMs);
    this.#timer.unref();
    void this.now();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Resolves when the run has ended that is in progress, or that begins now. */
  now(): Promise<void> {
    this.#running ??= this.task().finally(() => {
      this.#running = undefined;
    });
    return this.#running;
  }
}
