/**
 * Notices cursors that go round in a circle. A page that moves the cursor is followed by the next one at once, so a service that comes
 * back to an earlier cursor would be asked without a pause and without an end, and its snapshot would never be complete.
 *
 * One cursor is kept, and replaced after 1, 2, 4, … further ones (Brent): a circle is met again after at most three times its length.
 */
export class CursorWalk {
  #kept: string | undefined;
  #steps = 0;
  #stepsMax = 1;

  /** The source has seen the end of the changes; what follows may begin where it was. */
  ended(): void {
    this.#kept = undefined;
    this.#steps = 0;
    this.#stepsMax = 1;
  }

  /** Whether the cursor is one to which this walk has come before. */
  isBackAt(cursor: string): boolean {
    if (cursor === this.#kept) return true;
    if (++this.#steps >= this.#stepsMax) {
      this.#kept = cursor;
      this.#steps = 0;
      this.#stepsMax *= 2;
    }
    return false;
  }
}
