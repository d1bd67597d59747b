/** As many sessions can hang in a commit at once. The oldest are forgotten first. */
const TRANSACTIONS_MAX = 10_000;

/**
 * Transactions that the stream has returned and that may not be visible to a statement yet: the server sends a commit once it is on
 * disk, and ends the transaction for other sessions after that, with a synchronous standby much later.
 */
export class DeliveredTransactions {
  /** A ring: a set would be searched for its oldest id (docs/decisions/0291). */
  #ids: number[] = [];
  /** Place of the oldest, once there are as many as are kept. */
  #oldest = 0;
  #newest: number | undefined;

  /** `xid` as the stream has it, 32 bits. */
  add(xid: number): void {
    // Each part of a large transaction comes here.
    if (xid === this.#newest) return;
    this.#newest = xid;
    if (this.#ids.length < TRANSACTIONS_MAX) {
      this.#ids.push(xid);
      return;
    }
    this.#ids[this.#oldest] = xid;
    this.#oldest = (this.#oldest + 1) % TRANSACTIONS_MAX;
  }

  /** Those added since the last call. */
  take(): Set<number> {
    const taken = new Set(this.#ids);
    this.#ids = [];
    this.#oldest = 0;
    this.#newest = undefined;
    return taken;
  }
}

/** Those that a statement with this snapshot, `xmin:xmax:xip,…` as `pg_current_snapshot()` writes it, does not see. */
export function invisibleIn(snapshot: string, xids: ReadonlySet<number>): Set<number> {
  const [, end = '0', running = ''] = snapshot.split(':');
  const xmax = low32(end);
  const inProgress = new Set(running === '' ? [] : running.split(',').map(low32));
  // Ids wrap around, so they are compared by their distance.
  return new Set([...xids].filter((xid) => ((xid - xmax) | 0) >= 0 || inProgress.has(xid)));
}

const low32 = (xid: string): number => Number(BigInt(xid) & 0xffff_ffffn);
