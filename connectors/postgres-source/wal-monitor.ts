import type pg from 'pg';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { PeerGoneError } from '../runtime/connector-errors.js';
import { connectPostgres } from '../runtime/postgres-client.js';
import type { Lag } from '../runtime/source/source.js';
import type { PostgresSourceConfig } from './config.js';
import { dropSlot, emitHeartbeat } from './slot.js';

/** Often enough that a disk does not fill in between; one cheap query each. */
const CHECK_INTERVAL_MS = 5_000;
/** Share of the limit above which the alarm is on, so that an operator can act before the slot is dropped. */
const ALARM_FRACTION = 0.8;

const WAL_ALARM = 'wal_retained';
export const DETACHED_ALARM = 'detached';

export interface WalMonitorDeps {
  client: pg.Client;
  config: PostgresSourceConfig;
  context: ConnectorContext;
  /** Ends the stream: a slot in use cannot be dropped. */
  detach(error: PeerGoneError): Promise<void>;
}

/**
 * Monitors how much WAL the slot retains. When the bus is unreachable for too long it drops the slot: the department's disk comes
 * before an unbroken stream, and the next connection starts with a snapshot instead.
 */
export class WalMonitor {
  readonly #timers: NodeJS.Timeout[] = [];
  #detaching: Promise<void> | undefined;

  constructor(private readonly deps: WalMonitorDeps) {}

  start(): void {
    const { config, client } = this.deps;
    const ignore = (): void => undefined;
    this.#timers.push(setInterval(() => void this.check().catch(ignore), CHECK_INTERVAL_MS));
    this.#timers.push(setInterval(() => void emitHeartbeat(client).catch(ignore), config.heartbeatMs));
  }

  /** Resolves when a slot that is being dropped is gone. */
  async stop(): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#detaching?.catch(() => undefined);
  }

  /** Bytes of WAL that are written and not confirmed. */
  async lag(): Promise<Lag | undefined> {
    const { unconfirmed } = await this.#readSlotSizes();
    return unconfirmed === undefined ? undefined : { amount: unconfirmed, unit: 'bytes' };
  }

  async check(): Promise<void> {
    const { config, context } = this.deps;
    const { retained } = await this.#readSlotSizes();
    if (retained === undefined || this.#detaching) return;
    const isMuch = retained > config.retainedWalMaxBytes * ALARM_FRACTION;
    context.metrics.alarm(WAL_ALARM, isMuch);
    if (isMuch)
      context.log.warn({ retained }, 'the replication slot retains much WAL: check that the bus is reachable');
    if (retained <= config.retainedWalMaxBytes) return;
    this.#detaching = this.#detach(retained);
    await this.#detaching;
  }

  async #detach(retained: number): Promise<void> {
    const { config, context, detach } = this.deps;
    context.metrics.alarm(DETACHED_ALARM, true);
    context.log.error(
      { retained, slot: config.slot },
      'dropped the replication slot to protect the disk of the source: all tables are read again once the bus is reachable',
    );
    await detach(
      new PeerGoneError('the replication slot was dropped to protect the disk; all tables will be read again'),
    );
    // On a connection of its own, because the session's client ends with its stream.
    const client = await connectPostgres({ url: config.database, applicationName: `sluice ${context.name}` });
    try {
      await waitUntilInactive(client, config.slot);
      await dropSlot(client, config.slot);
    } finally {
      await client.end();
    }
  }

  async #readSlotSizes(): Promise<{ retained: number | undefined; unconfirmed: number | undefined }> {
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

const INACTIVE_POLLS_MAX = 50;
const INACTIVE_POLL_MS = 100;

/** Waits until the server has noticed that the client of the slot is gone, which takes a moment. */
async function waitUntilInactive(client: pg.Client, slot: string): Promise<void> {
  for (let attempt = 0; attempt < INACTIVE_POLLS_MAX; attempt++) {
    const { rows } = await client.query('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1 AND active', [slot]);
    if (rows.length === 0) return;
    await new Promise((resolve) => setTimeout(resolve, INACTIVE_POLL_MS));
  }
}
