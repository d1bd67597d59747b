import { randomUUID } from 'node:crypto';
import type { SourceEvent } from '../../../proto/event/event.js';
import type { ChangeBatch, ChangeEvent } from '../../runtime/source/source.js';
import type { Progress } from '../progress.js';
import type { TableMapping } from '../tables/table-mapping.js';

/** Below every position of the stream, so it is a duplicate unless nothing of the entry is stored. */
const LEAST_POSITION = '0.0.0';

/**
 * Goes back at the bus before events that this source will not send again.
 *
 * The bus lets no event pass one that failed until its flow has gone back to that one, or before it. A change that is sent again has its
 * old position. But the rows of a chunk are read again at a later one, and changes from before a new snapshot are skipped: a source that
 * was killed after such an event had failed would be refused for ever. So while the snapshot of a table is not complete, each batch of its
 * entry begins with a `snapshot_begin` at the least position, until the positions are above all that an earlier session can have used.
 * Only if nothing of the entry is stored yet is it more than a duplicate: then the snapshot begins twice.
 * See docs/decisions/0369.
 */
export class RepeatedBegins {
  readonly #begins = new Map<string, SourceEvent>();

  constructor(
    mappings: readonly Pick<TableMapping, 'name' | 'entry'>[],
    { epoch, snapshots }: Pick<Progress, 'epoch' | 'snapshots'>,
    /** Position of the server's WAL when the session was opened: no earlier session has used a later one. */
    private readonly walLsn: bigint,
  ) {
    for (const { name, entry } of mappings) {
      const snapshot = snapshots[name];
      if (snapshot?.isDone) continue;
      this.#begins.set(entry, {
        specversion: '1.0',
        type: entry,
        id: `${epoch}:${LEAST_POSITION}`,
        sourceposition: LEAST_POSITION,
        sourceepoch: epoch,
        op: 'snapshot_begin',
        snapshotid: snapshot?.id ?? randomUUID(),
      });
    }
  }

  /** The batch, behind the begins of its entries where they are still needed. */
  before(batch: ChangeBatch): ChangeBatch {
    if (this.#begins.size === 0 || batch.events.length === 0) return batch;
    const last = new Map(batch.events.map((event) => [event.type, event]));
    const begins = [...last.keys()].flatMap((entry) => this.#begins.get(entry) ?? []);
    for (const [entry, event] of last) if (lsnOf(event) > this.walLsn) this.#begins.delete(entry);
    return begins.length === 0 ? batch : { ...batch, events: [...begins, ...batch.events] };
  }
}

const lsnOf = ({ sourceposition }: ChangeEvent): bigint => BigInt(sourceposition!.split('.')[0]!);
