/**
 * An encoded frame that goes to many sessions. What it looks like on the wire is worked out once, by the first session
 * that sends it, in whatever order they come.
 */
export class SharedFrame {
  #onWire: Buffer | undefined;

  constructor(readonly content: string | Uint8Array) {}

  get length(): number {
    return this.content.length;
  }

  /** `build` must not depend on the session. */
  onWire(build: (content: string | Uint8Array) => Buffer): Buffer {
    this.#onWire ??= build(this.content);
    return this.#onWire;
  }
}
