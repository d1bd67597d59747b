import { countThrough } from '../live/count-through.js';

/**
 * Counts sent events that are not acknowledged yet. It holds no events, only the position lists that frames share, and
 * makes nothing per frame: a frame is sent to each of hundreds of windows.
 */
export class CreditWindow {
  /** Position lists of frames; those before index `#first` are acknowledged, and of that one `#acknowledged` positions. */
  readonly #sent: (readonly number[])[] = [];
  #first = 0;
  #acknowledged = 0;
  #outstanding = 0;

  constructor(readonly credit: number) {}

  get available(): number {
    return this.credit - this.#outstanding;
  }

  get outstanding(): number {
    return this.#outstanding;
  }

  sent(positions: readonly number[]): void {
    if (positions.length === 0) return;
    this.#outstanding += positions.length;
    this.#sent.push(positions);
  }

  /** Whether the event at a position was sent and is not acknowledged yet. */
  isOpen(position: number): boolean {
    for (let i = this.#first; i < this.#sent.length; i++) {
      const positions = this.#sent[i] as readonly number[];
      if ((positions.at(-1) as number) < position) continue;
      const next = i === this.#first ? this.#acknowledged : 0;
      const found = countThrough(positions, position, next) - 1;
      return found >= next && positions[found] === position;
    }
    return false;
  }

  acknowledged(through: number): void {
    for (;;) {
      const oldest = this.#sent[this.#first];
      if (!oldest) break;
      const before = this.#acknowledged;
      this.#acknowledged = countThrough(oldest, through, before);
      this.#outstanding -= this.#acknowledged - before;
      if (this.#acknowledged < oldest.length) break;
      this.#acknowledged = 0;
      this.#first++;
    }
    this.#compact();
  }

  /** Drops acknowledged frames in bulk: a `shift` per frame would copy the list each time. */
  #compact(): void {
    if (this.#first === this.#sent.length) this.#sent.length = 0;
    else if (this.#first >= 64 && this.#first * 2 >= this.#sent.length) this.#sent.splice(0, this.#first);
    else return;
    this.#first = 0;
  }
}
