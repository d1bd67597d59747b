import { SluiceError } from '../../../proto/errors.js';
import type { LedgerRecord } from '../../ledger/record.js';
import type { Caller, SystemCaller } from '../caller.js';
import type { Credentials } from '../credentials.js';
import type { SystemRight } from '../system.js';
import type { EndingAct, RevocationReport } from './revocation-report.js';

/** A right that something long-lived depends on. */
export interface LeaseCondition {
  /** Ledger records that may end the right, as `kind:id`, or `kind:*` for all of a kind. */
  records: readonly string[];
  /** The right may end without a record, by time or with a stale ledger: it is asked at intervals too. */
  endsByTime: boolean;
  /** Returns why the right has ended, or undefined. */
  ended(): SluiceError | undefined;
}

/** Keeps count of the leases that it has made. */
interface LeaseObserver {
  ended(lease: Lease): void;
  released(lease: Lease): void;
  lastByteSent(act: EndingAct): void;
}

export interface LeasesDeps {
  credentials: Pick<Credentials, 'ownerOf'>;
  revocations: Pick<RevocationReport, 'lastByteSent'>;
  /** Takes the times of the ledger's records. */
  clock(): number;
}

/** Bounds how late a right that ends by time, or with a stale ledger, ends what runs under it. */
const CHECK_INTERVAL_MS = 250;

/**
 * The right to go on. `signal` is aborted, with the error as its reason, once one of the conditions has ended. It is made
 * when it is asked for: each of thousands of sessions has a lease, and needs no more than to be called.
 */
export class Lease {
  #controller: AbortController | undefined;
  #error: SluiceError | undefined;
  /** Undefined while the lease has not ended, and when it ended by time. */
  #act: EndingAct | undefined;
  #onEnded: (() => void) | undefined;
  #isReleased = false;
  #isLastByteSent = false;

  constructor(
    readonly conditions: readonly LeaseCondition[],
    private readonly observer: LeaseObserver,
  ) {}

  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController();
      if (this.#error) this.#controller.abort(this.#error);
    }
    return this.#controller.signal;
  }

  get hasEnded(): boolean {
    return this.#error !== undefined;
  }

  /** Calls back in the turn in which the lease ends. For one holder; not called for a lease that has ended. */
  whenEnded(fn: () => void): void {
    this.#onEnded = fn;
  }

  /** Throws why the lease has ended. To be called after the last wait and before anything is handed out or stored. */
  check(): void {
    this.judge();
    if (this.#error) throw this.#error;
  }

  /** Ends the lease when one of its conditions has ended; `act` is the record after which it is looked at. */
  judge(act?: EndingAct): void {
    if (this.#error) return;
    for (const condition of this.conditions) {
      const error = condition.ended();
      if (!error) continue;
      this.#error = error;
      this.#act = act;
      // Nothing runs under one that was released, though its holder may look at it once more: nobody has to wait for it.
      if (!this.#isReleased) this.observer.ended(this);
      this.#controller?.abort(error);
      this.#onEnded?.();
      return;
    }
  }

  /**
   * To be called when nothing that was sent under the lease waits in the process any more, which may be long before what ran under
   * it is over: a peer may not answer a close frame, an upload may still be coming in. Safe to call twice.
   */
  lastByteSent(): void {
    if (this.#isLastByteSent) return;
    this.#isLastByteSent = true;
    if (this.#act) this.observer.lastByteSent(this.#act);
  }

  /** To be called when what ran under the lease is over. Safe to call twice. */
  release(): void {
    this.lastByteSent();
    this.#isReleased = true;
    this.observer.released(this);
  }
}

/**
 * Ends everything long-lived whose right ends.
 *
 * A request is checked when it begins, but a WebSocket session, a stream of server-sent events, an upload or a page that is read
 * slowly goes on for hours after that check. Looking again before each byte is easily forgotten in one of them. So each
 * takes a lease of all rights that it needs, and the ledger record that takes one of them away ends the lease.
 *
 * Invariant: when a record is folded, every lease that it ends is aborted in the same turn of the event loop. Each holder
 * stops within a second of that. See docs/decisions/0060.
 */
export class Leases {
  readonly #byRecord = new Map<string, Set<Lease>>();
  /** Leases with a condition that may end without a record. */
  readonly #endingByTime = new Set<Lease>();
  /** Ended leases whose holders have not released them yet, each with what waits for that. */
  readonly #stopping = new Map<Lease, (() => void)[]>();
  #timer: NodeJS.Timeout | undefined;

  readonly #observer: LeaseObserver;

  constructor(private readonly deps: LeasesDeps) {
    this.#observer = {
      ended: (lease) => this.#end(lease),
      released: (lease) => this.#release(lease),
      lastByteSent: (act) => deps.revocations.lastByteSent(act),
    };
  }

  /** Throws why one of the rights is not there. */
  take(...conditions: LeaseCondition[]): Lease {
    const lease = new Lease(conditions, this.#observer);
    lease.judge();
    if (lease.hasEnded) {
      this.#release(lease);
      lease.check();
    }
    for (const record of recordsOf(lease)) {
      const leases = this.#byRecord.get(record);
      if (leases) leases.add(lease);
      else this.#byRecord.set(record, new Set([lease]));
    }
    if (conditions.some(({ endsByTime }) => endsByTime)) this.#watchTime(lease);
    return lease;
  }

  /** The right of a system to use the token it came with, for one purpose or for all that it had then. */
  credential(caller: SystemCaller, digest: string, right?: SystemRight): LeaseCondition {
    const rights = right === undefined ? caller.may : [right];
    return {
      records: [`system:${caller.id}`],
      endsByTime: false,
      ended: () => credentialError(this.deps.credentials.ownerOf(digest), caller, rights),
    };
  }

  /** Call after the record was folded. */
  readonly onRecord = ({ kind, id, time }: Pick<LedgerRecord, 'kind' | 'id' | 'time'>): void => {
    const leases = [...(this.#byRecord.get(`${kind}:${id}`) ?? []), ...(this.#byRecord.get(`${kind}:*`) ?? [])];
    if (leases.length === 0) return;
    const act = { right: `a right of ${kind} ${id}`, atMs: Date.parse(time), readAtMs: this.deps.clock() };
    for (const lease of leases) lease.judge(act);
  };

  /** Resolves when whatever ran under a lease that has ended by now is over. */
  async stopped(): Promise<void> {
    await Promise.all([...this.#stopping.values()].map((waiting) => new Promise<void>((done) => waiting.push(done))));
  }

  #end(lease: Lease): void {
    this.#remove(lease);
    this.#stopping.set(lease, []);
  }

  #release(lease: Lease): void {
    this.#remove(lease);
    const waiting = this.#stopping.get(lease) ?? [];
    this.#stopping.delete(lease);
    for (const done of waiting) done();
  }

  #watchTime(lease: Lease): void {
    this.#endingByTime.add(lease);
    this.#timer ??= setInterval(() => {
      for (const one of [...this.#endingByTime]) one.judge();
    }, CHECK_INTERVAL_MS).unref();
  }

  #remove(lease: Lease): void {
    this.#endingByTime.delete(lease);
    for (const record of recordsOf(lease)) {
      const leases = this.#byRecord.get(record);
      leases?.delete(lease);
      if (leases?.size === 0) this.#byRecord.delete(record);
    }
    if (this.#endingByTime.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}

const recordsOf = (lease: Lease): string[] => lease.conditions.flatMap(({ records }) => records);

function credentialError(
  owner: Caller | undefined,
  caller: SystemCaller,
  rights: readonly SystemRight[],
): SluiceError | undefined {
  if (!owner) return new SluiceError('NOT_AUTHENTICATED', 'the token was withdrawn');
  const isSame = owner.kind === 'system' && owner.id === caller.id && owner.party === caller.party;
  if (!isSame) return new SluiceError('NOT_AUTHENTICATED', 'the token belongs to somebody else now');
  const lost = rights.find((right) => !owner.may.includes(right));
  if (lost === undefined) return undefined;
  return new SluiceError('NOT_ALLOWED', `system ${caller.id} may not ${lost} any more`);
}
