import type { Sql } from './database.js';
import { storedJson, storedText } from './stored-text.js';

/** A record that PostgreSQL cannot store, or a case that cannot be decided. */
export interface SetAside {
  /** `grant <id>` or `rule <id>` */
  source: string;
  /** Undefined where the subject itself cannot be stored. */
  subject: string | undefined;
  log: string;
  /** The event at this position; 0 for a case. */
  position: number;
  /** SQLSTATE or kind of error: no value of the record. */
  reason: string;
}

/** Records and cases that a check has set aside so that everything else goes on, until a later event replaces it. See docs/decisions/0081. */
export class SetAsideTable {
  constructor(private readonly schema: string) {}

  async add(sql: Sql, { source, subject, log, position, reason }: SetAside): Promise<void> {
    await sql.query(
      `INSERT INTO ${this.schema}.set_aside (source, subject, log, position, reason) VALUES ($1, $2, $3, $4, $5)`,
      [source, subject === undefined ? null : storedText(subject), log, position, reason],
    );
  }

  /** Removes entries whose record or case came right. */
  async resolve(sql: Sql, source: string, subjects: readonly string[]): Promise<void> {
    await sql.query(
      `DELETE FROM ${this.schema}.set_aside WHERE source = $1 AND subject IN (SELECT json_array_elements_text($2))`,
      [source, storedJson(subjects)],
    );
  }

  async size(sql: Sql): Promise<number> {
    const [row] = await sql.query(`SELECT count(*) AS size FROM ${this.schema}.set_aside`);
    return Number(row?.size ?? 0);
  }
}

/** SQLSTATE of an error that the values of a record cause: data exceptions and limits of the program. */
export function dataErrorState(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' && /^(?:22|54)[0-9A-Z]{3}$/.test(code) ? code : undefined;
}
