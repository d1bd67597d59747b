import type pg from 'pg';
import { SourceUnfitError } from '../runtime/connector-errors.js';
import { sqlState } from '../runtime/postgres-client.js';
import type { Progress } from './progress.js';
import { parseLsn } from './stream/lsn.js';

/** A replication slot as the server reports it. */
export interface SlotFacts {
  confirmedLsn: bigint | undefined;
  isLost: boolean;
}

export interface ServerFacts {
  systemId: string;
  timeline: number;
  walLsn: bigint;
}

/** The reason that resuming from the slot would lose changes; undefined when it would not. Pure, so that each case can be tested. */
export function slotLossReason(
  progress: Progress,
  server: ServerFacts,
  slot: SlotFacts | undefined,
): string | undefined {
  if (progress.systemId !== server.systemId) return 'this is another database server';
  if (progress.timeline !== server.timeline) return 'the server was promoted or recovered to a point in time';
  if (server.walLsn < BigInt(progress.confirmedLsn)) return 'the server was restored to an earlier state';
  if (!slot) return 'the replication slot is gone';
  if (slot.isLost) return 'the server has removed WAL that the slot needed';
  if (slot.confirmedLsn === undefined || slot.confirmedLsn > BigInt(progress.confirmedLsn)) {
    return 'the replication slot was recreated or moved by somebody else';
  }
  return undefined;
}

export async function readSlot(client: pg.Client, slot: string): Promise<SlotFacts | undefined> {
  const { rows } = await client.query<Record<string, string | null>>(
    'SELECT confirmed_flush_lsn, wal_status, plugin, database = current_database() AS here FROM pg_replication_slots WHERE slot_name = $1',
    [slot],
  );
  const [row] = rows;
  if (!row) return undefined;
  if (row.plugin !== 'pgoutput')
    throw new SourceUnfitError(`the replication slot ${slot} does not use pgoutput: set slot to another name`);
  if (row.here !== 't')
    throw new SourceUnfitError(`the replication slot ${slot} belongs to another database: set slot to another name`);
  return {
    confirmedLsn: row.confirmed_flush_lsn ? parseLsn(row.confirmed_flush_lsn) : undefined,
    isLost: row.wal_status === 'lost',
  };
}

/** Creates a slot. Resolves with the LSN from which it streams every change. */
export async function createSlot(client: pg.Client, slot: string): Promise<bigint> {
  const { rows } = await client.query<{ lsn: string }>(
    "SELECT lsn FROM pg_create_logical_replication_slot($1, 'pgoutput')",
    [slot],
  );
  return parseLsn(rows[0]!.lsn);
}

/** Drops a slot, or does nothing when it is gone. A slot in use by another process is an error of the server. */
export async function dropSlot(client: pg.Client, slot: string): Promise<void> {
  try {
    await client.query('SELECT pg_drop_replication_slot($1)', [slot]);
  } catch (error) {
    if (sqlState(error) !== UNDEFINED_OBJECT) throw error;
  }
}

const UNDEFINED_OBJECT = '42704';

export async function currentWalLsn(client: pg.Client): Promise<bigint> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
  return parseLsn(rows[0]!.lsn);
}

/**
 * Writes a message into the WAL, so that the stream advances on a quiet database. Transactional, because a commit is flushed at
 * once (`flushesCommits`): the server sends nothing that is not. pgoutput does not send the message itself.
 */
export async function emitHeartbeat(client: pg.Client): Promise<void> {
  await client.query("SELECT pg_logical_emit_message(true, 'sluice', '')");
}
