import { SluiceError } from '../../../proto/errors.js';
import { actorOf, type Caller, type OfficerCaller } from '../../parties/caller.js';
import { momentOf } from '../clock/shanghai-days.js';
import type { Procedure } from '../engine/procedure.js';
import { refuseOne } from '../engine/refusals.js';
import { notOpen } from './contract-terms.js';

/** Pages of one access: each record of one holds all that were before it. */
const READS_MAX = 1_000;

export interface OpenAccess {
  officer: OfficerCaller;
  id: string;
  entry: string;
  grant: string | undefined;
}

interface Read {
  officer: string;
  entry: string;
  /** Positions: the page holds what comes after `from`, up to `to`. */
  from: number;
  to: number;
  at: string;
}

/** Reading of payload by a contractor, page by page on record (regulation R36). */
export class AccessReads {
  constructor(private readonly procedure: Procedure) {}

  /** The access that the contractor reads under. Throws NOT_FOUND, NOT_YOUR_ROLE, or BREAK_GLASS unless it is open. */
  async open(caller: Caller, id: string): Promise<OpenAccess> {
    const officer = await this.procedure.requireInsider(caller, undefined, 'accesses');
    const { file } = await this.procedure.files.read(caller, { kind: 'accesses', id });
    if (!officer.roles.includes('contractor')) {
      throw refuseOne('NOT_YOUR_ROLE', 'events of an access are read by the contractor of its contract');
    }
    if (file.state !== 'open') throw notOpen(`access ${id} is ${file.state}: payload is read while it is open`);
    const { entry, grant } = file.document as { entry: string; grant?: string };
    return { officer, id, entry, grant };
  }

  /** Puts a page on record, before it goes out. Throws BREAK_GLASS when the access has ended meanwhile, TOO_MANY after a thousand pages. */
  async record({ officer, id, entry }: OpenAccess, { from, to }: { from: number; to: number }): Promise<void> {
    await this.procedure.byBus(async ({ batch }) => {
      const file = await batch.get({ kind: 'accesses', id });
      const { nowMs } = batch;
      if (file?.state !== 'open' || Date.parse(file.memo.endsAt ?? '') <= nowMs) throw notOpen();
      const reads = (file.document.reads ?? []) as Read[];
      if (reads.length >= READS_MAX) {
        throw new SluiceError('TOO_MANY', `access ${id} has been read ${READS_MAX} times: end it and ask for another`);
      }
      const read: Read = { officer: officer.id, entry, from, to, at: momentOf(nowMs) };
      file.document = { ...file.document, reads: [...reads, read] };
      const by = { actor: actorOf(officer), role: 'contractor' };
      batch.record({ file, act: 'read', by, from: file.state, notices: [] });
    });
  }
}
