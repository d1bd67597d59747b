/** Deliveries of one process under a cursor since it started, and whether somebody follows it there now. */
export interface CursorUse {
  delivered: number;
  connected: boolean;
  /** Events that may still be sent before the next acknowledgement; undefined without an open session. */
  credit?: number | undefined;
}

/** An open subscription, as far as its traffic goes. */
export interface Traffic {
  readonly delivered: number;
  readonly credit: number;
}

/** A reader of server-sent events asks for a page at each heartbeat, and a poller is given as long. */
const HEARTBEATS_UNTIL_GONE = 3;

/** A page may name any cursor, as it makes none: beyond so many, further names are not counted. */
const PULLED_CURSORS_MAX = 50_000;

/**
 * Counts deliveries by cursor. Open subscriptions count for themselves, so that a frame costs one addition; a subscription
 * that ends leaves its count here. Has one number per cursor: those that are claimed have a quota, those that are only read with a bound.
 */
export class CursorTraffic {
  readonly #ended = new Map<string, number>();
  /** The earlier of two subscriptions on one cursor is ending: it stays until its count is in `#ended`. */
  readonly #open = new Map<string, Traffic[]>();
  readonly #pulledAtMs = new Map<string, number>();

  constructor(private readonly heartbeatMs: number) {}

  opened(cursor: string, subscription: Traffic): void {
    this.#open.set(cursor, [...(this.#open.get(cursor) ?? []), subscription]);
  }

  closed(cursor: string, subscription: Traffic): void {
    const rest = (this.#open.get(cursor) ?? []).filter((one) => one !== subscription);
    if (rest.length === 0) this.#open.delete(cursor);
    else this.#open.set(cursor, rest);
    this.#ended.set(cursor, (this.#ended.get(cursor) ?? 0) + subscription.delivered);
  }

  /** A page went out over plain HTTP, or as server-sent events. */
  pulled(cursor: string, events: number): void {
    if (!this.#pulledAtMs.has(cursor) && this.#pulledAtMs.size >= PULLED_CURSORS_MAX) return;
    this.#pulledAtMs.set(cursor, performance.now());
    this.#ended.set(cursor, (this.#ended.get(cursor) ?? 0) + events);
  }

  useOf(cursor: string): CursorUse {
    const open = this.#open.get(cursor);
    let delivered = this.#ended.get(cursor) ?? 0;
    if (!open) return { delivered, connected: this.#isPulled(cursor), credit: undefined };
    for (const one of open) delivered += one.delivered;
    return { delivered, connected: true, credit: open.at(-1)?.credit };
  }

  /** The cursors that were used in this process. */
  *cursors(): Generator<string> {
    for (const cursor of this.#open.keys()) yield cursor;
    for (const cursor of this.#ended.keys()) if (!this.#open.has(cursor)) yield cursor;
  }

  #isPulled(cursor: string): boolean {
    const atMs = this.#pulledAtMs.get(cursor);
    return atMs !== undefined && performance.now() - atMs < HEARTBEATS_UNTIL_GONE * this.heartbeatMs;
  }
}
