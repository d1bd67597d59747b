import { countThrough } from '../live/count-through.js';

/** A frame that was sent. Its positions from index `next` on are not acknowledged yet. */
interface Unacknowledged {
  positions: readonly number[];
  next: number;
}

/** Counts sent events that are not acknowledged yet. It holds no events, only the position lists that frames share. */
export class CreditWindow {
  readonly #sent: Unacknowledged[] = [];
  #first = 0;
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
    this.#sent.push({ positions, next: 0 });
  }

  /** Whether the event at a position was sent and is not acknowledged yet. */
  isOpen(position: number): boolean {
    for (let i = this.#first; i < this.#sent.length; i++) {
      const { positions, next } = this.#sent[i] as Unacknowledged;
      if ((positions.at(-1) as number) < position) continue;
      const found = countThrough(positions, position, next) - 1;
      return found >= next && positions[found] === position;
    }
    return false;
  }

  acknowledged(through: number): void {
    for (;;) {
      const oldest = this.#sent[this.#first];
      if (!oldest) break;
      const before = oldest.next;
      oldest.next = countThrough(oldest.positions, through, before);
      this.#outstanding -= oldest.next - before;
      if (oldest.next < oldest.positions.length) break;
      this.#first++;
    }
    this.#compact();
  }

  /** Drops acknowledged frames in bulk: a `shift` per frame would copy the list each time. */
  #compact(): void {
    if (this.#first < 64 || this.#first * 2 < this.#sent.length) return;
    this.#sent.splice(0, this.#first);
    this.#first = 0;
  }
}
