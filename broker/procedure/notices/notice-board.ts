import type { Ledger } from '../../ledger/ledger.js';
import type { LedgerRecord } from '../../ledger/record.js';
import { actorOf, type OfficerCaller } from '../../parties/caller.js';
import { refuseOne } from '../engine/refusals.js';
import type { Notice, NoticeReading, RecordedStep } from '../files/file.js';
import type { FileReader, NoticeQuery } from '../files/file-reader.js';

export interface NoticeBoardDeps {
  ledger: Pick<Ledger, 'appendAll' | 'head'>;
  files: Pick<FileReader, 'notices' | 'notice'>;
}

/** The notices of each department, oldest first. Who asks is decided by the caller. */
export class NoticeBoard {
  readonly #waiting = new Set<() => void>();
  /** Newest record that a waiting reader may want to know of. */
  #newest = 0;

  constructor(private readonly deps: NoticeBoardDeps) {}

  /** To be called with each record: wakes whoever waits for a notice. */
  readonly onRecord = (record: LedgerRecord): void => {
    if (!concernsReaders(record)) return;
    this.#newest = record.seq;
    for (const wake of [...this.#waiting]) wake();
  };

  /** Record up to which the bus is known here. */
  get head(): number {
    return this.deps.ledger.head;
  }

  list(query: NoticeQuery): Promise<{ notices: Notice[]; next?: string }> {
    return this.deps.files.notices(query);
  }

  /** Throws NOT_FOUND, also for a notice to another department. */
  async find({ party }: OfficerCaller, id: string): Promise<Notice> {
    const found = await this.deps.files.notice(id, party);
    if (!found) throw refuseOne('NOT_FOUND', `there is no notice ${id} to ${party}`);
    return found;
  }

  /** Records the first reading by the officer's department; later ones change nothing. `kept` stands with the record. Throws NOT_FOUND. */
  async read(officer: OfficerCaller, id: string, kept?: LedgerRecord['kept']): Promise<Notice> {
    const before = await this.find(officer, id);
    if (before.readAt !== null) return before;
    const document: NoticeReading = { party: officer.party };
    await this.deps.ledger.appendAll(
      async () => {
        if ((await this.find(officer, id)).readAt !== null) return [];
        return [{ kind: 'notice', id, act: 'read', actor: actorOf(officer), document, kept }];
      },
      { actor: actorOf(officer) },
    );
    return this.find(officer, id);
  }

  /** Resolves once a record after `head` may have made a notice or ended the right of an officer, or the time is over. */
  untilAfter(head: number, waitMs: number, signal: AbortSignal): Promise<void> {
    if (this.#newest > head || signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const done = (): void => {
        clearTimeout(timer);
        signal.removeEventListener('abort', done);
        this.#waiting.delete(done);
        resolve();
      };
      const timer = setTimeout(done, waitMs);
      this.#waiting.add(done);
      signal.addEventListener('abort', done, { once: true });
    });
  }
}

const concernsReaders = ({ kind, step }: LedgerRecord): boolean =>
  kind === 'officer' || (step as RecordedStep | undefined)?.notices !== undefined;
