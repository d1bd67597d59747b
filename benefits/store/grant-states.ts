import { PeerGoneError } from '../../connectors/runtime/connector-errors.js';
import type { Sql } from './database.js';
import { readText, storedText } from './stored-text.js';

/** The position up to which one grant is stored, and whether its facts may be used. */
export interface GrantState {
  grant: string;
  /** Empty until the grant has caught up. */
  entry: string;
  log: string;
  position: number;
  /** The log was read to its end once: before that a decision would stand on half of the facts. */
  caughtUp: boolean;
  inForce: boolean;
  snapshot: { id: string; from: number } | undefined;
  /** Item → content, of what the stored records have; undefined before the first subscription, and in states of an earlier release. */
  items: Readonly<Record<string, string>> | undefined;
}

/** Behind the content of an item by which the stored records are joined to subjects. */
export const JOINED = ', joined';

const COLUMNS = 'grant_id, entry, log, position, caught_up, in_force, snapshot_id, snapshot_from, items';

/** The `sources` table. States are read once; this process is the only one that changes them. */
export class GrantStates {
  #states = new Map<string, GrantState>();

  constructor(private readonly schema: string) {}

  async load(sql: Sql, grants: readonly string[]): Promise<void> {
    for (const grant of grants) {
      await sql.query(`INSERT INTO ${this.schema}.sources (grant_id) VALUES ($1) ON CONFLICT DO NOTHING`, [grant]);
    }
    const rows = await sql.query(`SELECT ${COLUMNS} FROM ${this.schema}.sources`);
    this.#states = new Map(rows.map((row) => [row.grant_id!, grantStateOf(row)]));
  }

  /** The state as of the last commit. */
  get(grant: string): GrantState {
    const state = this.#states.get(grant);
    if (!state) throw new TypeError(`grant ${grant} is not in a rule of this check`);
    return state;
  }

  /** Stores a changed state; the caller calls `committed` once the transaction is. */
  async store(sql: Sql, to: GrantState): Promise<void> {
    const from = this.get(to.grant);
    const { grant, entry, log, position, caughtUp, inForce, snapshot, items } = to;
    const rows = await sql.query(
      `UPDATE ${this.schema}.sources SET entry = $2, log = $3, position = $4, caught_up = $5, in_force = $6,
         snapshot_id = $7, snapshot_from = $8, items = $9
       WHERE grant_id = $1 AND log = $10 AND position = $11 RETURNING 1 AS one`,
      [
        grant,
        entry,
        log,
        position,
        caughtUp,
        inForce,
        snapshot ? storedText(snapshot.id) : null,
        snapshot?.from ?? null,
        items ? JSON.stringify(items) : null,
        from.log,
        from.position,
      ],
    );
    if (rows.length !== 1) throw new PeerGoneError(`another instance has moved the position of grant ${grant}`);
  }

  committed(to: GrantState): void {
    this.#states.set(to.grant, to);
  }
}

function grantStateOf(row: Record<string, string | null>): GrantState {
  return {
    grant: row.grant_id!,
    entry: row.entry!,
    log: row.log!,
    position: Number(row.position),
    caughtUp: isTrue(row.caught_up),
    inForce: isTrue(row.in_force),
    snapshot: row.snapshot_id ? { id: readText(row.snapshot_id), from: Number(row.snapshot_from) } : undefined,
    items: row.items ? (JSON.parse(row.items) as Record<string, string>) : undefined,
  };
}

const isTrue = (text: string | null | undefined): boolean => text === 't' || text === 'true';
