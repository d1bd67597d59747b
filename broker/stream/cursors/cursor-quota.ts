import { SluiceError } from '../../../proto/errors.js';

/** Other processes create and remove cursors of the same system: after this time the store is asked again. */
const COUNT_AGE_MS_MAX = 60_000;
/** Grants whose cursors are counted at one time. */
const COUNTING_MAX = 16;

export interface CursorQuotaDeps {
  /** Cursors that a system may have over all its grants; undefined is without bound. */
  max: number | undefined;
  systemOf(grant: string): string | undefined;
  /** Ids of all grants of a system, ended ones too: their cursors are still stored. */
  grantsOf(system: string): string[];
  /** Asks the store for the number of cursors of a grant. */
  count(grant: string): Promise<number>;
  /** Monotonic. */
  clockMs(): number;
}

interface Usage {
  cursors: number;
  /** New cursors that are being written. */
  inFlight: number;
  countedAtMs: number;
  counting: Promise<void> | undefined;
}

/**
 * Keeps one system from filling the store with cursors, whose names are its own choice. Only a cursor that did not exist is
 * counted, so acknowledging and claiming again cost nothing. See docs/decisions/0057.
 */
export class CursorQuota {
  /** One for each system that has created a cursor since the start. */
  readonly #bySystem = new Map<string, Usage>();

  constructor(private readonly deps: CursorQuotaDeps) {}

  /** Writes a new cursor of the grant when its system may have one more. Throws TOO_MANY. */
  async create<T>(grant: string, write: () => Promise<T>): Promise<T> {
    const { max, systemOf } = this.deps;
    const system = systemOf(grant);
    if (max === undefined || system === undefined) return write();
    const usage = this.#usageOf(system);
    if (this.deps.clockMs() - usage.countedAtMs > COUNT_AGE_MS_MAX) {
      usage.counting ??= this.#count(system, usage).finally(() => {
        usage.counting = undefined;
      });
      await usage.counting;
    }
    if (usage.cursors + usage.inFlight >= max) throw tooMany(system, grant, max);
    usage.inFlight++;
    try {
      const written = await write();
      usage.cursors++;
      return written;
    } finally {
      usage.inFlight--;
    }
  }

  removed(grant: string): void {
    const usage = this.#bySystem.get(this.deps.systemOf(grant) ?? '');
    if (usage && usage.cursors > 0) usage.cursors--;
  }

  async #count(system: string, usage: Usage): Promise<void> {
    const grants = this.deps.grantsOf(system);
    let cursors = 0;
    for (let i = 0; i < grants.length; i += COUNTING_MAX) {
      const counts = await Promise.all(grants.slice(i, i + COUNTING_MAX).map((grant) => this.deps.count(grant)));
      cursors += counts.reduce((sum, one) => sum + one, 0);
    }
    usage.cursors = cursors;
    usage.countedAtMs = this.deps.clockMs();
  }

  #usageOf(system: string): Usage {
    let usage = this.#bySystem.get(system);
    if (!usage) {
      usage = { cursors: 0, inFlight: 0, countedAtMs: Number.NEGATIVE_INFINITY, counting: undefined };
      this.#bySystem.set(system, usage);
    }
    return usage;
  }
}

function tooMany(system: string, grant: string, max: number): SluiceError {
  const detail = `system ${system} has the ${max} cursors that quotas.cursors allows it: remove those it does not use`;
  return new SluiceError('TOO_MANY', detail, { grant });
}
