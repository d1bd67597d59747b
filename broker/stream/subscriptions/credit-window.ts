import { countThrough } from '../live/count-through.js';

/** Slots for frames that a window keeps when all are acknowledged, some 1 KiB: making them again would cost each frame a copy. */
const KEPT_SLOTS_MAX = 128;
const NOTHING: readonly number[] = [];

/**
 * Counts sent events that are not acknowledged yet. It holds no events, only the position lists that frames share, and
 * makes nothing per frame: a frame is sent to each of hundreds of windows, and hundreds of acknowledgements come at once.
 */
export class CreditWindow {
  /**
   * Position lists of frames, up to index `#end`; those before `#first` are acknowledged, and of that one `#acknowledged`
   * positions.
   */
  readonly #sent: (readonly number[])[] = [];
  #first = 0;
  #end = 0;
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
    this.#sent[this.#end++] = positions;
  }

  /** Whether the event at a position was sent and is not acknowledged yet. */
  isOpen(position: number): boolean {
    for (let i = this.#first; i < this.#end; i++) {
      const positions = this.#sent[i] as readonly number[];
      if ((positions.at(-1) as number) < position) continue;
      const next = i === this.#first ? this.#acknowledged : 0;
      const found = countThrough(positions, position, next) - 1;
      return found >= next && positions[found] === position;
    }
    return false;
  }

  acknowledged(through: number): void {
    while (this.#first < this.#end) {
      const oldest = this.#sent[this.#first] as readonly number[];
      const before = this.#acknowledged;
      // Most acknowledgements are for whole frames, which need no search.
      const isWhole = (oldest.at(-1) as number) <= through;
      this.#acknowledged = isWhole ? oldest.length : countThrough(oldest, through, before);
      this.#outstanding -= this.#acknowledged - before;
      if (!isWhole) break;
      this.#acknowledged = 0;
      this.#first++;
    }
    this.#compact();
  }

  /** Drops acknowledged frames in bulk: a `shift` per frame would copy the list each time. */
  #compact(): void {
    if (this.#first === this.#end) this.#clear();
    else if (this.#first >= 64 && this.#first * 2 >= this.#end) {
      this.#sent.splice(0, this.#first);
      this.#end -= this.#first;
      this.#first = 0;
    }
  }

  /** The lists are let go of, the slots are kept for the next frames. */
  #clear(): void {
    if (this.#end > KEPT_SLOTS_MAX) this.#sent.length = 0;
    else this.#sent.fill(NOTHING, 0, this.#end);
    this.#first = 0;
    this.#end = 0;
  }
}
