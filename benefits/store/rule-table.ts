import type { RuleDocument } from '../rules/rule-document.js';
import type { Sql } from './database.js';

/** Every version of every rule that was ever in use. */
export class RuleTable {
  constructor(private readonly schema: string) {}

  /** Registers a rule: `same` when it is in use already, `changed` when its version had another content before. */
  async register(sql: Sql, document: RuleDocument): Promise<'new' | 'same' | 'changed'> {
    const { id, version } = document;
    const text = JSON.stringify(document);
    const [known] = await sql.query(
      `SELECT document, current FROM ${this.schema}.rules WHERE id = $1 AND version = $2`,
      [id, version],
    );
    if (known && known.document !== text) return 'changed';
    if (known?.current === 't' || known?.current === 'true') return 'same';
    await sql.query(`UPDATE ${this.schema}.rules SET current = false WHERE id = $1`, [id]);
    await sql.query(
      `INSERT INTO ${this.schema}.rules VALUES ($1, $2, $3, true) ON CONFLICT (id, version) DO UPDATE SET current = true`,
      [id, version, text],
    );
    return 'new';
  }

  async current(sql: Sql, id: string): Promise<RuleDocument | undefined> {
    const [row] = await sql.query(`SELECT document FROM ${this.schema}.rules WHERE id = $1 AND current`, [id]);
    return row && (JSON.parse(row.document!) as RuleDocument);
  }
}
