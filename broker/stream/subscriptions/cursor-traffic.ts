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

/** Deliveries and open subscriptions of one cursor. */
interface CursorCounts {
  /** Deliveries of subscriptions that have ended, and of pages. */
  ended: number;
  /** The earlier of two subscriptions on one cursor is ending: it stays until its count is in `ended`. */
  open: readonly Traffic[];
  pulledAtMs: number | undefined;
}

const NONE: readonly Traffic[] = [];

/**
 * Counts deliveries by cursor. Open subscriptions count for themselves, so that a frame costs one addition; a subscription
 * that ends leaves its count here. Has one object per cursor: those that are claimed have a quota, those that are only read with a bound.
 */
export class CursorTraffic {
  readonly #byCursor = new Map<string, CursorCounts>();
  #pulled = 0;

  constructor(private readonly heartbeatMs: number) {}

  opened(cursor: string, subscription: Traffic): void {
    const counts = this.#countsOf(cursor);
    counts.open = [...counts.open, subscription];
  }

  closed(cursor: string, subscription: Traffic): void {
    const counts = this.#countsOf(cursor);
    const rest = counts.open.filter((one) => one !== subscription);
    counts.open = rest.length === 0 ? NONE : rest;
    counts.ended += subscription.delivered;
  }

  /** A page went out over plain HTTP, or as server-sent events. */
  pulled(cursor: string, events: number): void {
    const isFirst = this.#byCursor.get(cursor)?.pulledAtMs === undefined;
    if (isFirst && this.#pulled >= PULLED_CURSORS_MAX) return;
    if (isFirst) this.#pulled++;
    const counts = this.#countsOf(cursor);
    counts.pulledAtMs = performance.now();
    counts.ended += events;
  }

  useOf(cursor: string): CursorUse {
    const counts = this.#byCursor.get(cursor);
    if (!counts) return { delivered: 0, connected: false, credit: undefined };
    const { open, pulledAtMs } = counts;
    let delivered = counts.ended;
    if (open.length === 0) return { delivered, connected: this.#isPulled(pulledAtMs), credit: undefined };
    for (const one of open) delivered += one.delivered;
    return { delivered, connected: true, credit: open.at(-1)?.credit };
  }

  /** The cursors that were used in this process. */
  cursors(): Iterable<string> {
    return this.#byCursor.keys();
  }

  #countsOf(cursor: string): CursorCounts {
    let counts = this.#byCursor.get(cursor);
    if (!counts) {
      counts = { ended: 0, open: NONE, pulledAtMs: undefined };
      this.#byCursor.set(cursor, counts);
    }
    return counts;
  }

  #isPulled(atMs: number | undefined): boolean {
    return atMs !== undefined && performance.now() - atMs < HEARTBEATS_UNTIL_GONE * this.heartbeatMs;
  }
}
