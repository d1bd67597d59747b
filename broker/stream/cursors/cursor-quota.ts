import { QuotaError } from '../../parties/quotas/quota-error.js';

/** Other processes create and remove cursors of the same systems: after this time the store is asked again. */
const COUNT_AGE_MS_MAX = 60_000;
/** Grants whose cursors are counted at one time. */
const COUNTING_MAX = 16;

export interface CursorQuotaDeps {
  /** Cursors that a system may have over all its grants; undefined is without bound. */
  max: number | undefined;
  systemOf(grant: string): string | undefined;
  /** Ids of all grants of a system, ended ones too: their cursors are still stored. */
  grantsOf(system: string): string[];
  /** Asks the store for the number of cursor records of every grant, those of removed cursors included. */
  records(): Promise<Map<string, number>>;
  /** Asks the store for the number of cursors of a grant. */
  count(grant: string): Promise<number>;
  /** Monotonic. */
  clockMs(): number;
}

interface Usage {
  /** At most so many, or exactly. */
  cursors: number;
  isExact: boolean;
  /** New cursors that are being written. */
  inFlight: number;
  counting: Promise<void> | undefined;
}

/**
 * Keeps one system from filling the store with cursors, whose names are its own choice. Only a cursor that did not exist is
 * counted, so acknowledging and claiming again cost nothing. See docs/decisions/0057.
 *
 * Thousands of systems that come for the first time would ask for each of their grants. So one request a minute brings the
 * number of records of all grants, which no system's cursors exceed; the cursors of a system are counted when this would refuse it.
 */
export class CursorQuota {
  /** One for each system that has created a cursor since the start. */
  readonly #bySystem = new Map<string, Usage>();
  #records: ReadonlyMap<string, number> = new Map();
  #recordsAtMs = Number.NEGATIVE_INFINITY;
  /** Grants of which a cursor may have been created since the records were asked for. */
  readonly #mayHave = new Set<string>();
  #reading: Promise<void> | undefined;

  constructor(private readonly deps: CursorQuotaDeps) {}

  /** Writes a new cursor of the grant when its system may have one more. Throws TOO_MANY. */
  async create<T>(grant: string, write: () => Promise<T>): Promise<T> {
    const { max, systemOf } = this.deps;
    const system = systemOf(grant);
    if (max === undefined || system === undefined) return write();
    if (!this.#isCounted) await this.#readRecords();
    const usage = this.#usageOf(system);
    const isFull = (): boolean => usage.cursors + usage.inFlight >= max;
    if (isFull() && !usage.isExact) await this.#count(system, usage);
    if (isFull()) throw tooMany(system, grant, max);
    usage.inFlight++;
    try {
      const written = await write();
      this.mayHave(grant);
      usage.cursors++;
      return written;
    } finally {
      usage.inFlight--;
    }
  }

  /**
   * True, once, for a grant of which the store had no cursor at most a minute ago. Another process may have
   * created one since: what is built upon it must not rely on it (docs/decisions/0426).
   */
  presumesNone(grant: string): boolean {
    if (!this.#isCounted || this.#records.has(grant) || this.#mayHave.has(grant)) return false;
    this.mayHave(grant);
    return true;
  }

  /** A cursor of the grant was created or claimed, here or by another process. */
  mayHave(grant: string): void {
    // Nothing is presumed of the others before the records are read again, and those have it then.
    if ((this.#isCounted && !this.#records.has(grant)) || this.#reading) this.#mayHave.add(grant);
  }

  /** Discards the count of records: other processes may have changed it unnoticed. */
  forget(): void {
    this.#recordsAtMs = Number.NEGATIVE_INFINITY;
  }

  removed(grant: string): void {
    const usage = this.#bySystem.get(this.deps.systemOf(grant) ?? '');
    // The record of a removed cursor stays, so the upper bound does too.
    if (usage?.isExact && usage.cursors > 0) usage.cursors--;
  }

  get #isCounted(): boolean {
    return this.deps.clockMs() - this.#recordsAtMs <= COUNT_AGE_MS_MAX;
  }

  #readRecords(): Promise<void> {
    if (!this.#reading) this.#mayHave.clear();
    this.#reading ??= this.deps
      .records()
      .then((records) => {
        this.#records = records;
        this.#recordsAtMs = this.deps.clockMs();
        for (const [system, usage] of this.#bySystem) Object.assign(usage, this.#atMost(system));
      })
      .finally(() => {
        this.#reading = undefined;
      });
    return this.#reading;
  }

  #count(system: string, usage: Usage): Promise<void> {
    usage.counting ??= this.#counted(system)
      .then((cursors) => {
        Object.assign(usage, { cursors, isExact: true });
      })
      .finally(() => {
        usage.counting = undefined;
      });
    return usage.counting;
  }

  async #counted(system: string): Promise<number> {
    const grants = this.deps.grantsOf(system);
    let cursors = 0;
    for (let i = 0; i < grants.length; i += COUNTING_MAX) {
      const counts = await Promise.all(grants.slice(i, i + COUNTING_MAX).map((grant) => this.deps.count(grant)));
      cursors += counts.reduce((sum, one) => sum + one, 0);
    }
    return cursors;
  }

  #usageOf(system: string): Usage {
    let usage = this.#bySystem.get(system);
    if (!usage) {
      usage = { ...this.#atMost(system), inFlight: 0, counting: undefined };
      this.#bySystem.set(system, usage);
    }
    return usage;
  }

  #atMost(system: string): Pick<Usage, 'cursors' | 'isExact'> {
    const cursors = this.deps.grantsOf(system).reduce((sum, grant) => sum + (this.#records.get(grant) ?? 0), 0);
    return { cursors, isExact: false };
  }
}

function tooMany(system: string, grant: string, max: number): QuotaError {
  const detail = `system ${system} has the ${max} cursors that quotas.cursors allows it: remove those it does not use`;
  return new QuotaError('TOO_MANY', 'cursors', `system ${system}`, detail, { grant });
}
