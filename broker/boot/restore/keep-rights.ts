import { resolve } from 'node:path';
import type { Logger } from 'pino';
import { ledgerSubject } from '../../../proto/subject.js';
import type { Config } from '../../config.js';
import type { Ledger } from '../../ledger/ledger.js';
import { decodeRecord, type LedgerRecord } from '../../ledger/record.js';
import type { LedgerMetrics } from '../../metrics/ledger-metrics.js';
import type { Bus } from '../../nats/bus.js';
import { ConfigurationConflictError } from '../../parties/bus-facts.js';
import type { ReleaseStack } from '../release-stack.js';
import { repeatEndedRights } from './repeat-ended-rights.js';
import { RightsJournal } from './rights-journal.js';

export interface KeepRightsDeps {
  config: Pick<Config, 'dataDir' | 'rightsJournal' | 'restored' | 'confirmEnded'>;
  bus: Bus;
  ledger: Ledger;
  metrics: Pick<LedgerMetrics, 'journalWritten'>;
  /** Only one process of a broker compares the ledger with the journal; the others start after it. */
  isFirst: boolean;
  log: Logger;
  releases: ReleaseStack;
}

/** Compares the ledger with the journal of rights, then journals it from where the journal ends. Throws ConfigurationConflictError. */
export async function keepRights(deps: KeepRightsDeps): Promise<void> {
  const { config, bus, ledger, metrics, isFirst, log, releases } = deps;
  const path = config.rightsJournal ?? `${resolve(config.dataDir)}.rights.ndjson`;
  const journal = await RightsJournal.open(path, {
    onFailed: (error) => {
      metrics.journalWritten(false);
      log.error(
        { err: error, journal: path },
        'the journal of rights cannot be written: make room or set rightsJournal to a file that can',
      );
    },
    onWritten: () => {
      metrics.journalWritten(true);
      log.info({ journal: path }, 'the journal of rights is written again');
    },
  });
  const { restored, confirmEnded: confirmed } = config;
  if (ledger.head === 0) beginAnew(journal, config);
  else if (isFirst) await repeatEndedRights({ bus, ledger, journal, restored, confirmed, log });
  if (isFirst) await journal.compared();
  if (journal.isFound) await catchUp(ledger, journal);
  else journal.beginAt(ledger.head);
  const stopFollowing = ledger.onRecord(journal.fold);
  releases.add('journal of rights', async () => {
    stopFollowing();
    await journal.close();
  });
}

/**
 * An empty ledger is that of a new bus, which has no rights that could come back: the journal begins anew. It must not where the copy
 * was put into another folder, or a disk is not mounted: with the true store there would be nothing to compare.
 */
function beginAnew(journal: RightsJournal, { dataDir, rightsJournal }: KeepRightsDeps['config']): void {
  if (rightsJournal !== undefined && journal.seen > 0) {
    throw new ConfigurationConflictError(
      `the ledger is empty, and ${rightsJournal} knows ${journal.seen} records of a bus: is the disk with the data folder ` +
        `${resolve(dataDir)} mounted, and is this the NATS of that bus? For a new bus move the journal away`,
    );
  }
  journal.settle(0, 0);
}

/** Journals what the ledger has recorded while no process of this broker ran. Returns in the turn in which nothing is left. */
async function catchUp(ledger: Ledger, journal: RightsJournal): Promise<void> {
  while (journal.seen < ledger.head) {
    for (const bytes of await ledger.bytesAfter(journal.seen)) journal.fold(recordOf(journal.seen + 1, bytes), bytes);
  }
}

function recordOf(seq: number, bytes: Uint8Array): LedgerRecord {
  const { kind, id } = JSON.parse(Buffer.from(bytes).toString()) as LedgerRecord;
  return decodeRecord(seq, ledgerSubject(kind, id), bytes);
}
