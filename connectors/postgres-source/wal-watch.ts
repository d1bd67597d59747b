import type pg from 'pg';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { PeerGoneError } from '../runtime/connector-errors.js';
import { connectPostgres } from '../runtime/postgres-client.js';
import type { Lag } from '../runtime/source/source.js';
import type { PostgresSourceConfig } from './config.js';
import { dropSlot, emitHeartbeat } from './slot.js';

/** Often enough that a disk does not fill in between, rarely enough that nobody notices. */
const CHECK_INTERVAL_MS = 5_000;
/** From here on somebody should look. */
const ALARM_SHARE = 0.8;

export const WAL_ALARM = 'wal_retained';
export const DETACHED_ALARM = 'detached';

export interface WalWatchDeps {
  client: pg.Client;
  config: PostgresSourceConfig;
  context: ConnectorContext;
  /** Ends the stream, which holds the slot. */
  detach(error: PeerGoneError): Promise<void>;
}

/**
 * Watches what the slot holds back. When the bus stays away too long the source lets go of its slot: the department's disk comes
 * before a complete stream, and the next start reads everything anew instead.
 */
export class WalWatch {
  readonly #timers: NodeJS.Timeout[] = [];
  #detaching: Promise<void> | undefined;

  constructor(private readonly deps: WalWatchDeps) {}

  start(): void {
    const { config, client } = this.deps;
    const ignore = (): void => undefined;
    this.#timers.push(setInterval(() => void this.check().catch(ignore), CHECK_INTERVAL_MS));
    this.#timers.push(setInterval(() => void emitHeartbeat(client).catch(ignore), config.heartbeatMs));
  }

  /** Resolves when a slot that is being given up is gone. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#detaching?.catch(() => undefined);
  }

  /** Bytes of WAL between what the bus has and what is written. */
  async lag(): Promise<Lag | undefined> {
    const { unconfirmed } = await this.#ask();
    return unconfirmed === undefined ? undefined : { amount: unconfirmed, unit: 'bytes' };
  }

  async check(): Promise<void> {
    const { config, context } = this.deps;
    const { retained } = await this.#ask();
    if (retained === undefined || this.#detaching) return;
    const isMuch = retained > config.retainedWalMaxBytes * ALARM_SHARE;
    context.metrics.alarm(WAL_ALARM, isMuch);
    if (isMuch) context.log.warn({ retained }, 'the replication slot holds back much WAL: is the bus away?');
    if (retained <= config.retainedWalMaxBytes) return;
    this.#detaching = this.#detach(retained);
    await this.#detaching;
  }

  async #detach(retained: number): Promise<void> {
    const { config, context, detach } = this.deps;
    context.metrics.alarm(DETACHED_ALARM, true);
    context.log.error({ retained, slot: config.slot }, 'gave up the replication slot to save the disk of the source');
    await detach(new PeerGoneError('the replication slot was given up; everything will be read anew'));
    // On a connection of its own: the session ends with its stream.
    const client = await connectPostgres({ url: config.database, applicationName: `sluice ${context.name}` });
    try {
      await waitUntilUnused(client, config.slot);
      await dropSlot(client, config.slot);
    } finally {
      await client.end();
    }
  }

  async #ask(): Promise<{ retained: number | undefined; unconfirmed: number | undefined }> {
    const { client, config } = this.deps;
    const { rows } = await client.query<Record<string, string | null>>(
      `SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn) AS retained,
              pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn) AS unconfirmed
       FROM pg_replication_slots WHERE slot_name = $1`,
      [config.slot],
    );
    const numberOf = (text: string | null | undefined) => (text ? Math.max(0, Number(text)) : undefined);
    return { retained: numberOf(rows[0]?.retained), unconfirmed: numberOf(rows[0]?.unconfirmed) };
  }
}

const UNUSED_ATTEMPTS_MAX = 50;
const UNUSED_POLL_MS = 100;

/** The server notices a moment later that its client has gone. */
export async function waitUntilUnused(client: pg.Client, slot: string): Promise<void> {
  for (let attempt = 0; attempt < UNUSED_ATTEMPTS_MAX; attempt++) {
    const { rows } = await client.query('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND active', [slot]);
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, UNUSED_POLL_MS));
  }
}
