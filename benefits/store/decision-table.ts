import type { RecordData } from '../../proto/event/event.js';
import type { Outcome, RuleResult } from '../rules/evaluate-rule.js';
import type { Row, Sql } from './database.js';
import { readJson, readText, storedJson, storedText } from './stored-text.js';
import { DUE_NOW } from './tables.js';

export interface DecisionKey {
  rule: string;
  subject: string;
}

export interface StoredDecision extends DecisionKey {
  version: number;
  /** Undefined until it is decided for the first time. */
  result: RuleResult | undefined;
  /** Data of the last event that published it; undefined while there is none. */
  published: RecordData | undefined;
  day: string | undefined;
  due: string | undefined;
}

export interface DecisionChange extends DecisionKey {
  day: string;
  version: number;
  outcome: Outcome;
  figures: RuleResult['figures'];
  cause: string;
}

/** Decisions, their changes, and the days on which they are due. */
export class DecisionTable {
  constructor(private readonly schema: string) {}

  async read(sql: Sql, keys: readonly DecisionKey[]): Promise<Map<string, StoredDecision>> {
    const rows = await sql.query(
      `SELECT d.* FROM json_to_recordset($1) AS wanted (rule text, subject text)
       JOIN ${this.schema}.decisions d ON d.rule = wanted.rule AND d.subject = wanted.subject`,
      [storedJson(keys)],
    );
    return new Map(rows.map(decisionOf).map((decision) => [`${decision.rule} ${decision.subject}`, decision]));
  }

  async write(sql: Sql, decisions: readonly StoredDecision[]): Promise<void> {
    if (decisions.length === 0) return;
    const rows = decisions.map(({ result, published, ...one }) => ({
      ...one,
      outcome: result?.outcome,
      verdict: result,
      told: published,
    }));
    await sql.query(
      `INSERT INTO ${this.schema}.decisions
       SELECT rule, subject, version, outcome, verdict, told, day, due FROM json_to_recordset($1)
         AS row (rule text, subject text, version integer, outcome text, verdict json, told json, day text, due text)
       ON CONFLICT (rule, subject) DO UPDATE SET version = EXCLUDED.version, outcome = EXCLUDED.outcome,
         verdict = EXCLUDED.verdict, told = EXCLUDED.told, day = EXCLUDED.day, due = EXCLUDED.due`,
      [storedJson(rows)],
    );
  }

  /** Takes a decision that cannot be made out of the schedule, until an event or a new version of the rule schedules it. */
  async unschedule(sql: Sql, { rule, subject }: DecisionKey): Promise<void> {
    await sql.query(`UPDATE ${this.schema}.decisions SET due = NULL WHERE rule = $1 AND subject = $2`, [
      rule,
      storedText(subject),
    ]);
  }

  async addChanges(sql: Sql, changes: readonly DecisionChange[]): Promise<void> {
    if (changes.length === 0) return;
    await sql.query(
      `INSERT INTO ${this.schema}.decision_changes (rule, subject, day, version, outcome, figures, cause)
       SELECT rule, subject, day, version, outcome, figures, cause FROM json_to_recordset($1)
         AS row (rule text, subject text, day text, version integer, outcome text, figures json, cause text)`,
      [storedJson(changes)],
    );
  }

  /** Up to `limit` decisions of these rules that are due by their day or were scheduled, and then why. */
  async due(
    sql: Sql,
    rules: readonly string[],
    today: string,
    limit: number,
  ): Promise<(DecisionKey & { reason: string | undefined })[]> {
    const rows = await sql.query(
      `SELECT rule, subject, due FROM ${this.schema}.decisions
       WHERE due <= $1 AND rule IN (SELECT json_array_elements_text($2)) ORDER BY due, rule, subject LIMIT $3`,
      [today, JSON.stringify(rules), limit],
    );
    return rows.map(({ rule, subject, due }) => ({
      rule: rule!,
      subject: readText(subject!),
      reason: due!.startsWith(DUE_NOW) ? due!.slice(DUE_NOW.length + 1) : undefined,
    }));
  }

  /** Schedules all decisions of a rule, and a first one for every record of its `about` source. */
  async scheduleAll(
    sql: Sql,
    rule: { id: string; version: number; grant: string; key: string | undefined },
    cause: string,
  ) {
    // Sorts before any day and carries the reason.
    const due = `${DUE_NOW} ${cause}`;
    const subjects =
      rule.key === undefined
        ? `SELECT record FROM ${this.schema}.facts WHERE grant_id = $3 AND data IS NOT NULL AND $4::text IS NULL`
        : `SELECT DISTINCT value FROM ${this.schema}.joins WHERE grant_id = $3 AND item = $4`;
    await sql.query(
      `INSERT INTO ${this.schema}.decisions (rule, subject, version, due) SELECT $1, subject, $2::integer, $5
       FROM (${subjects}) AS about (subject) ON CONFLICT (rule, subject) DO NOTHING`,
      [rule.id, rule.version, rule.grant, rule.key ?? null, due],
    );
    await sql.query(`UPDATE ${this.schema}.decisions SET due = $2 WHERE rule = $1`, [rule.id, due]);
  }

  async ofSubject(sql: Sql, subject: string): Promise<{ decisions: StoredDecision[]; changes: DecisionChange[] }> {
    const decisions = await sql.query(`SELECT * FROM ${this.schema}.decisions WHERE subject = $1 ORDER BY rule`, [
      storedText(subject),
    ]);
    const changes = await sql.query(
      `SELECT * FROM ${this.schema}.decision_changes WHERE subject = $1 ORDER BY number`,
      [storedText(subject)],
    );
    return { decisions: decisions.map(decisionOf), changes: changes.map(changeOf) };
  }

  /** Subjects of a rule in the order of their keys. */
  async subjects(sql: Sql, rule: string, after: string, limit: number): Promise<StoredDecision[]> {
    const rows = await sql.query(
      `SELECT * FROM ${this.schema}.decisions WHERE rule = $1 AND subject > $2 AND outcome IS NOT NULL ORDER BY subject LIMIT $3`,
      [rule, storedText(after), limit],
    );
    return rows.map(decisionOf);
  }
}

function decisionOf(row: Row): StoredDecision {
  return {
    rule: row.rule!,
    subject: readText(row.subject!),
    version: Number(row.version),
    result: parsed<RuleResult>(row.verdict),
    published: parsed<RecordData>(row.told),
    day: row.day ?? undefined,
    due: row.due ?? undefined,
  };
}

const changeOf = (row: Row): DecisionChange => ({
  rule: row.rule!,
  subject: readText(row.subject!),
  day: row.day!,
  version: Number(row.version),
  outcome: row.outcome as Outcome,
  figures: parsed<NonNullable<RuleResult['figures']>>(row.figures),
  cause: row.cause!,
});

const parsed = <T>(text: string | null | undefined): T | undefined => (text == null ? undefined : readJson<T>(text));
