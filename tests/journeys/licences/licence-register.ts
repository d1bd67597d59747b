import { readFileSync } from 'node:fs';
import { parse } from 'csv-parse/sync';
import pg from 'pg';
import type { SeededRandom } from '../../support/seeded-random.js';
import { testDataFile } from '../../support/test-data.js';

/** One row of the register: column → value. */
export type RegisterRow = Record<string, string | null>;

const COLUMNS = {
  id: 'text',
  account_number: 'text',
  legal_name: 'text',
  zip_code: 'text',
  police_district: 'text',
  ward: 'integer',
  license_status: 'text',
  term_start: 'date',
  term_end: 'date',
  latitude: 'numeric',
  changed_at: 'timestamptz',
} as const;

/** The city's licences, or invented ones where the file is missing. */
export function registerRows(random: SeededRandom, count: number): RegisterRow[] {
  const file = testDataFile('chicago-business-licenses.csv');
  const lines = file.isThere
    ? (parse(readFileSync(file.path), { columns: true }) as Record<string, string>[])
    : Array.from({ length: count }, (_none, number) => inventedLine(random, number));
  return lines.slice(0, count).map((line) => {
    const or = (text: string | undefined): string | null => text || null;
    return {
      id: line.id!,
      account_number: or(line.account_number),
      legal_name: or(line.legal_name),
      zip_code: or(line.zip_code),
      police_district: or(line.police_district),
      ward: or(line.ward),
      license_status: or(line.license_status),
      term_start: or(line.license_term_start_date),
      term_end: or(line.license_term_expiration_date),
      latitude: or(line.latitude),
      changed_at: '2020-01-01T00:00:00Z',
    };
  });
}

function inventedLine(random: SeededRandom, number: number): Record<string, string> {
  return {
    id: `${1_000_000 + number}-2020`,
    account_number: String(random.between(1000, 9999)),
    legal_name: random.pick(['ESPRESSO TIME LTD.', 'J & K, INC', 'O"NEILL', '陈记餐厅']),
    zip_code: String(random.between(60601, 60660)),
    police_district: random.chance(0.1) ? '' : String(random.between(1, 9)),
    ward: random.chance(0.1) ? '' : String(random.between(1, 50)),
    license_status: random.pick(['AAI', 'AAC', 'REV']),
    license_term_start_date: '2019-05-01',
    license_term_expiration_date: `20${random.between(20, 29)}-05-01`,
    latitude: `41.${random.between(100, 999)}`,
  };
}

/** The table `licences` of the licensing department, with random transactions. */
export class LicenceRegister {
  readonly #ids: string[] = [];
  #next = 0;
  changes = 0;

  constructor(
    private readonly url: string,
    private readonly rows: readonly RegisterRow[],
    private readonly random: SeededRandom,
  ) {}

  async create(atFirst: number): Promise<void> {
    const columns = Object.entries(COLUMNS).map(([name, type]) => `${name} ${type}`);
    await this.#run(`CREATE TABLE licences (${columns.join(', ')}, PRIMARY KEY (id));
      ALTER TABLE licences REPLICA IDENTITY FULL`);
    await this.#insert(atFirst);
  }

  /** Runs random transactions until it is stopped; an unreachable server is waited for. */
  async changeUntil(signal: AbortSignal, pauseMs: number): Promise<void> {
    while (!signal.aborted) {
      try {
        await this.#change();
        this.changes++;
      } catch (error) {
        // An interrupted transaction may have committed or not; the table is the reference at the end.
        if (error instanceof pg.DatabaseError && !/^(?:57P|08)/.test(error.code ?? '')) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
  }

  async #change(): Promise<void> {
    const dice = this.random.next();
    if (dice < 0.2) return this.#insert(this.random.between(1, 5));
    if (dice < 0.3) return this.#run('DELETE FROM licences WHERE id = $1', [this.#anyId()]);
    if (dice < 0.35) return this.#run("UPDATE licences SET id = id || 'x' WHERE id = $1", [this.#anyId()]);
    if (dice < 0.4) {
      return this.#run('UPDATE licences SET police_district = $1 WHERE ward = $2', [
        this.#district(),
        this.random.between(1, 50),
      ]);
    }
    return this.#run(
      `UPDATE licences SET police_district = $2, license_status = $3, term_end = $4, legal_name = legal_name || '.',
         changed_at = now() WHERE id = ANY($1)`,
      [
        Array.from({ length: this.random.between(1, 20) }, () => this.#anyId()),
        this.#district(),
        this.random.pick(['AAI', 'AAC', 'REV']),
        `20${this.random.between(20, 29)}-0${this.random.between(1, 9)}-15`,
      ],
    );
  }

  #district(): string | null {
    return this.random.chance(0.1) ? null : String(this.random.between(1, 4));
  }

  #anyId(): string {
    return this.random.pick(this.#ids);
  }

  async #insert(count: number): Promise<void> {
    const rows = this.rows.slice(this.#next, this.#next + count);
    if (rows.length === 0) return;
    await this.#run(
      `INSERT INTO licences SELECT * FROM json_populate_recordset(NULL::licences, $1) ON CONFLICT DO NOTHING`,
      [JSON.stringify(rows)],
    );
    this.#next += count;
    this.#ids.push(...rows.map(({ id }) => id!));
  }

  async #run(sql: string, values: unknown[] = []): Promise<void> {
    const client = new pg.Client({ connectionString: this.url });
    client.on('error', () => undefined);
    await client.connect();
    try {
      await client.query(sql, values);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}
