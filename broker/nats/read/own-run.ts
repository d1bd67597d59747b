/** Messages in a row, and of one commit, from which reading them back costs more than opening a consumer afterwards. */
const LONG_RUN = 4_096;
const LARGE_COMMIT = 100;

/** The newest positions that this process has written one directly behind the other: nobody else writes in between. */
export class OwnRun {
  #last = 0;
  #length = 0;
  #commitSentAtMs = 0;
  #acknowledgedAtMs = 0;
  #ofCommit = 0;

  /** Takes the next position that was acknowledged; false when another one would have followed. */
  add(position: number, sentAtMs: number): boolean {
    const follows = position === this.#last + 1;
    this.#last = position;
    this.#length = follows ? this.#length + 1 : 1;
    if (sentAtMs !== this.#commitSentAtMs) {
      this.#commitSentAtMs = sentAtMs;
      this.#ofCommit = 0;
      this.#acknowledgedAtMs = performance.now();
    }
    this.#ofCommit++;
    return follows;
  }

  /** Milliseconds since the last commit was acknowledged. */
  get silentMs(): number {
    return performance.now() - this.#acknowledgedAtMs;
  }

  /** This process alone writes, and much. */
  get isLong(): boolean {
    return this.#length >= LONG_RUN && this.#ofCommit >= LARGE_COMMIT;
  }
}
