import type pg from 'pg';
import { identifierOf } from '../../proto/entry/entry.js';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { From, SubscribedFrame } from '../../proto/frames/frames.js';
import { publishedEntry } from '../runtime/catalog-entry.js';
import type { ConnectorContext } from '../runtime/connector-context.js';
import { PeerGoneError, PoisonEventError, SinkUnfitError } from '../runtime/connector-errors.js';
import { connectPostgres, sqlState, toPeerGone, withLoginReason } from '../runtime/postgres-client.js';
import { readGrantedForm } from '../runtime/sink/granted-form.js';
import type { Sink, SinkBatch } from '../runtime/sink/sink.js';
import { type Column, columnOf, columnProblems } from './columns.js';
import type { PostgresSinkConfig } from './config.js';
import { type EvolvedTable, GrantedTable } from './granted-table.js';
import { ProgressTable, type SinkProgress } from './progress.js';
import { applyEvents, refillRows } from './row-changes.js';

/**
 * SQLSTATEs caused by the values of one event: data exceptions, constraint violations, program limits, and what a trigger or a check
 * of the department raises.
 */
const POISON_STATE = /^(?:22|23|44|54|P0001)/;
const UNFILLED_ALARM = 'rows_unfilled';

/**
 * Keeps a PostgreSQL table equal to what a grant delivers.
 *
 * A position that is stored elsewhere than the rows loses or repeats events in a crash, so rows and position commit together. When the
 * granted items change, rows that were stored before lack them; waiting for their next change would leave a column half empty for ever.
 * So the log is read again from its start, and each row is completed from the event that wrote it.
 *
 * Invariants: an event takes effect exactly once; a position is only continued on the table that it belongs to; columns that the sink
 * did not make are never written. See docs/decisions/0082.
 */
export class PostgresSink implements Sink {
  readonly #table: GrantedTable;
  readonly #progressTable: ProgressTable;
  #client: pg.Client | undefined;
  #progress: SinkProgress | undefined;
  #columns: Column[] = [];
  #evolved: EvolvedTable | undefined;
  /** Row filter of the grant, and the position from which on events have passed it. */
  #filter: { rows: string | undefined; from: number } = { rows: undefined, from: 0 };

  constructor(
    private readonly config: PostgresSinkConfig,
    private readonly applicationName: string,
    /** Asks the bus for the grant, and reports rows that cannot be completed. */
    private readonly context?: Pick<ConnectorContext, 'bus' | 'metrics' | 'log'>,
  ) {
    this.#table = new GrantedTable(config);
    this.#progressTable = new ProgressTable(config);
  }

  async open(): Promise<From> {
    await this.#disconnect();
    this.#client = await this.#connect();
    this.#evolved = undefined;
    this.#progress = await this.#withClient(async (client) => {
      await this.#progressTable.create(client);
      const progress = await this.#progressTable.read(client);
      await this.#table.check(client, progress);
      return progress;
    });
    if (!this.#progress || this.#progress.position === 0) return 'earliest';
    return { after: this.#progress.position, log: this.#progress.log };
  }

  async shape({ entry, items }: SubscribedFrame): Promise<void> {
    const problems = columnProblems(items);
    if (problems.length > 0) throw new SinkUnfitError(problems.join('\n'));
    const form = this.context && (await readGrantedForm(this.context.bus, this.config.grant));
    this.#columns = items.map((item) => columnOf(item, form?.transforms.get(item.name)));
    const before = this.#progress;
    this.#filter = { rows: form?.rows, from: before?.position ?? 0 };
    if (before?.rowFilter !== undefined && form && before.rowFilter !== form.rows) this.#reportOtherFilter();
    await this.#checkIdentifier(entry, before);
    const evolved = await this.#transaction(async (client) => {
      const after = await this.#table.evolve(client, this.#columns, before);
      if (before) await this.#progressTable.advance(client, before, evolvedProgress(before, after, form?.rows));
      return after;
    });
    this.#evolved = evolved;
    if (!before) return;
    this.#progress = evolvedProgress(before, evolved, form?.rows);
    if (evolved.unfilled.length === 0) return;
    const columns = evolved.unfilled.join(', ');
    throw new PeerGoneError(`reading the grant again from its start, to fill ${columns} of the rows stored so far`);
  }

  /** Rows are keyed by the delivered identifier: hashed and in plain it names other rows, and none could be completed. */
  async #checkIdentifier(entry: string, before: SinkProgress | undefined): Promise<void> {
    const changed = this.#columns.filter(({ name, content }) => (before?.owned?.[name] ?? content) !== content);
    if (!this.context || changed.length === 0) return;
    const identifier = identifierOf(await publishedEntry(this.context.bus, entry)).name;
    if (!changed.some(({ name }) => name === identifier)) return;
    throw this.#table.unfit(
      `has rows under other keys: the identifier ${identifier} is delivered in another form now`,
      'drop it',
    );
  }

  async write({ events, log }: SinkBatch): Promise<void> {
    try {
      await this.#store(events, log);
    } catch (error) {
      if (!isPoison(error)) throw this.#withReason(error);
      await this.#storeUpToPoison(events, log);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disconnect();
  }

  async #store(events: readonly DeliveredEvent[], log: string): Promise<void> {
    const before = this.#progress;
    const until = before?.refill?.until ?? 0;
    const target = { table: this.#table.name, columns: this.#columns };
    const repeated = events.filter(({ position }) => position <= until);
    const fresh = events.filter(({ position }) => position > until);
    const { after, unfilled, isCompleted } = await this.#transaction(async (client) => {
      const filled = (before?.refill?.filled ?? 0) + (await refillRows(client, target, repeated));
      const position = events.at(-1)!.position;
      const isRefilled = position >= until;
      const unfilled = until > 0 && isRefilled ? (await this.#rowsUpTo(client, until)) - filled : 0;
      const snapshot = await applyEvents(client, target, fresh, before?.snapshot);
      const isCompleted = before !== undefined && this.#isCompletedBy(fresh, before, snapshot);
      const after: SinkProgress = {
        log,
        position,
        snapshot,
        rowFilter: !before || isCompleted ? this.#filter.rows : before.rowFilter,
        refill: isRefilled ? undefined : { until, filled },
        owned: this.#evolved?.owned ?? before?.owned,
        mark: this.#evolved?.mark ?? before?.mark,
        oids: this.#evolved?.oids ?? before?.oids,
      };
      await this.#progressTable.advance(client, before, after);
      return { after, unfilled, isCompleted };
    });
    if (isCompleted) this.context?.metrics.alarm(UNFILLED_ALARM, false);
    this.#progress = after;
    if (unfilled > 0) this.#reportUnfilled(unfilled, until);
  }

  /** A snapshot that began under the present filter has ended: the table has all rows that pass it, with all items, and no others. */
  #isCompletedBy(events: readonly DeliveredEvent[], before: SinkProgress, open: SinkProgress['snapshot']): boolean {
    const begin = events.findLast(({ op }) => op === 'snapshot_begin')?.position ?? before.snapshot?.from;
    return begin !== undefined && open === undefined && begin > this.#filter.from;
  }

  #reportOtherFilter(): void {
    this.context?.metrics.alarm(UNFILLED_ALARM, true);
    this.context?.log.error(
      'the row filter of the grant was changed: the table lacks rows that pass it now, or has rows that do not pass it any more; ' +
        'a snapshot of the source puts both right',
    );
  }

  async #rowsUpTo(client: pg.Client, position: number): Promise<number> {
    const { rows } = await client.query<{ count: string }>(
      `SELECT count(*) AS count FROM ${this.#table.name} WHERE _position <= $1`,
      [position],
    );
    return Number(rows[0]!.count);
  }

  #reportUnfilled(rows: number, until: number): void {
    this.context?.metrics.alarm(UNFILLED_ALARM, true);
    this.context?.log.error(
      { rows, until },
      `${rows} rows lack newly granted items: their events are older than the history of the grant, or gone; ` +
        'they are filled by the next change of the record or by a snapshot of the source',
    );
  }

  async #storeUpToPoison(events: readonly DeliveredEvent[], log: string): Promise<void> {
    for (const event of events) {
      try {
        await this.#store([event], log);
      } catch (error) {
        if (!isPoison(error)) throw this.#withReason(error);
        throw new PoisonEventError(event.position, `PostgreSQL refuses the row: SQLSTATE ${sqlState(error)}`);
      }
    }
  }

  async #transaction<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    return this.#withClient(async (client) => {
      await client.query('BEGIN');
      try {
        const result = await work(client);
        await client.query('COMMIT');
        return result;
      } catch (error) {
        await client.query('ROLLBACK').catch(() => undefined);
        throw error;
      }
    });
  }

  async #withClient<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result> {
    if (!this.#client) throw new PeerGoneError('there is no connection to PostgreSQL');
    try {
      return await work(this.#client);
    } catch (error) {
      const cause = toPeerGone(error);
      throw isPoison(cause) ? cause : this.#withReason(cause);
    }
  }

  /** An error that neither passes nor stems from the values of an event, such as a missing right or a dropped table. */
  #withReason(error: unknown): unknown {
    const state = sqlState(error);
    if (state === undefined) return error;
    const { schema, table } = this.config;
    const what = state.startsWith('42P01')
      ? 'the table is gone'
      : state === '42703'
        ? 'a column is gone'
        : 'it refuses';
    return new SinkUnfitError(`PostgreSQL cannot store rows in ${schema}.${table}: ${what}, SQLSTATE ${state}`, {
      cause: error,
    });
  }

  async #connect(): Promise<pg.Client> {
    try {
      return await connectPostgres({ url: this.config.database, applicationName: this.applicationName });
    } catch (error) {
      throw withLoginReason(error, SinkUnfitError);
    }
  }

  async #disconnect(): Promise<void> {
    await this.#client?.end().catch(() => undefined);
    this.#client = undefined;
  }
}

/** A refill starts the log again; one in progress starts again for the columns that were added meanwhile. */
function evolvedProgress(
  before: SinkProgress,
  { owned, mark, oids, unfilled }: EvolvedTable,
  rows: string | undefined,
): SinkProgress {
  const progress = { ...before, owned, mark, oids, rowFilter: before.rowFilter ?? rows };
  if (unfilled.length === 0) return progress;
  return {
    ...progress,
    position: 0,
    refill: { until: Math.max(before.position, before.refill?.until ?? 0), filled: 0 },
  };
}

const isPoison = (error: unknown): boolean => POISON_STATE.test(sqlState(error) ?? '');
