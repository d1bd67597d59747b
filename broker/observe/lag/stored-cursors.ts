import type { Bus } from '../../nats/bus.js';
import { pagesOf } from '../../nats/read/log-reader.js';
import type { StoredMessage } from '../../nats/stored-message.js';
import { CURSORS_STREAM } from '../../nats/stream-names.js';
import { type CursorRecord, decodeCursor } from '../../stream/cursors/cursor-record.js';
import { TurnBudget } from './turn-budget.js';

export interface StoredCursorOf {
  subject: string;
  grant: string;
  name: string;
  record: CursorRecord;
  /** When it was acknowledged last; undefined until it was. Read from the text once, as every scrape asks for it. */
  lastAckMs: number | undefined;
}

const PAGE_CURSORS = 250;

/**
 * The cursors of all grants as the store has them. They are read when somebody asks and not followed: a cursor changes up to
 * twenty times a second, and the stream keeps the newest record of each, so that reading on from the last sequence costs as
 * much as there are changed cursors.
 */
export class StoredCursors {
  readonly #byGrant = new Map<string, Map<string, StoredCursorOf>>();
  #sequence = 0;
  #resets = 0;
  /** When the last read that came to its end began, by the monotonic clock. */
  #readAtMs: number | undefined;
  #reading: Promise<void> | undefined;
  #next: Promise<void> | undefined;

  constructor(
    private readonly bus: Bus,
    private readonly onChange: (grant: string) => void,
  ) {}

  /** Resolves when everything stored before the call is here. Rejects while the store cannot be read. */
  refresh(): Promise<void> {
    if (!this.#reading) {
      this.#reading = this.#read().finally(() => {
        this.#reading = undefined;
      });
      return this.#reading;
    }
    // The read in flight may have passed what was stored since: one more serves everybody who comes meanwhile.
    this.#next ??= this.#reading
      .catch(() => undefined)
      .then(() => {
        this.#next = undefined;
        return this.refresh();
      });
    return this.#next;
  }

  /** How old what is here is: everything stored before that is here. Undefined while nothing was read yet. */
  get ageMs(): number | undefined {
    return this.#readAtMs === undefined ? undefined : performance.now() - this.#readAtMs;
  }

  /** Reads everything again: the store was truncated, or restored. */
  reset(): void {
    this.#resets++;
    this.#sequence = 0;
    this.#readAtMs = undefined;
  }

  of(grant: string): Iterable<StoredCursorOf> {
    return this.#byGrant.get(grant)?.values() ?? [];
  }

  has(grant: string): boolean {
    return this.#byGrant.has(grant);
  }

  async #read(): Promise<void> {
    const [beganAtMs, resets] = [performance.now(), this.#resets];
    if (this.#sequence === 0) this.#byGrant.clear();
    const query = { stream: CURSORS_STREAM, subject: 'cursor.>', after: this.#sequence, limit: PAGE_CURSORS };
    const budget = new TurnBudget();
    for await (const page of pagesOf(this.bus, query)) {
      for (const message of page) {
        this.#fold(message);
        if (budget.isUsedUp) await budget.nextTurn();
      }
      // Sequences of a store that was truncated meanwhile say nothing of the one that is read next.
      if (this.#resets !== resets) return;
      this.#sequence = page.at(-1)?.position ?? this.#sequence;
    }
    if (this.#resets === resets) this.#readAtMs = beganAtMs;
  }

  #fold(message: StoredMessage): void {
    const { subject } = message;
    const [, grant = '', name = ''] = subject.split('.');
    const { record } = decodeCursor(message);
    const ofGrant = this.#byGrant.get(grant) ?? new Map<string, StoredCursorOf>();
    if (record.removed) ofGrant.delete(name);
    else ofGrant.set(name, { subject, grant, name, record, lastAckMs: lastAckMsOf(record) });
    if (ofGrant.size > 0) this.#byGrant.set(grant, ofGrant);
    else this.#byGrant.delete(grant);
    this.onChange(grant);
  }
}

/** Records of earlier versions do not say when they were acknowledged, only when they were written. */
export const lastAckOf = ({ position, ackedAt, at }: CursorRecord): string | undefined =>
  ackedAt ?? (position === null ? undefined : at);

function lastAckMsOf(record: CursorRecord): number | undefined {
  const at = lastAckOf(record);
  return at === undefined ? undefined : Date.parse(at);
}
