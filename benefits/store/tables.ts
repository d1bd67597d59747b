import { randomUUID } from 'node:crypto';
import { quoteIdentifier } from '../../connectors/runtime/postgres-client.js';
import type { Sql } from './database.js';

/** Due at once: sorts before any day. */
export const DUE_NOW = '0000-00-00';

const statements = (schema: string): string[] => [
  `CREATE SCHEMA IF NOT EXISTS ${schema}`,
  `CREATE TABLE IF NOT EXISTS ${schema}.settings (name text PRIMARY KEY, value text NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${schema}.rules (
     id text, version integer, document text NOT NULL, current boolean NOT NULL, PRIMARY KEY (id, version))`,
  // The position up to which each grant is stored; in_force and caught_up say whether its facts may be used.
  `CREATE TABLE IF NOT EXISTS ${schema}.sources (
     grant_id text PRIMARY KEY, entry text NOT NULL DEFAULT '', log text NOT NULL DEFAULT '', position bigint NOT NULL DEFAULT 0,
     caught_up boolean NOT NULL DEFAULT false, in_force boolean NOT NULL DEFAULT true, snapshot_id text, snapshot_from bigint)`,
  // The delivered part of a record: item → type and transform.
  `ALTER TABLE ${schema}.sources ADD COLUMN IF NOT EXISTS items text`,
  // The last state of each granted record; without data it is gone, by the event at position.
  `CREATE TABLE IF NOT EXISTS ${schema}.facts (
     grant_id text, record text COLLATE "C", position bigint NOT NULL, log text NOT NULL, op text NOT NULL, data jsonb,
     PRIMARY KEY (grant_id, record))`,
  // Records that are joined to a subject by an item that is not their key.
  `CREATE TABLE IF NOT EXISTS ${schema}.joins (
     grant_id text, item text, value text COLLATE "C", record text COLLATE "C", PRIMARY KEY (grant_id, record, item))`,
  `CREATE INDEX IF NOT EXISTS joins_by_value ON ${schema}.joins (grant_id, item, value)`,
  // Every event as delivered, with the day on which this check stored it: the input of replays.
  `CREATE TABLE IF NOT EXISTS ${schema}.history (
     number bigserial, grant_id text, record text COLLATE "C", log text, position bigint, day text NOT NULL, op text NOT NULL,
     data jsonb, PRIMARY KEY (grant_id, record, log, position))`,
  `CREATE TABLE IF NOT EXISTS ${schema}.decisions (
     rule text COLLATE "C", subject text COLLATE "C", version integer NOT NULL, outcome text, verdict json, told json,
     day text, due text COLLATE "C", PRIMARY KEY (rule, subject))`,
  `CREATE INDEX IF NOT EXISTS decisions_by_due ON ${schema}.decisions (due) WHERE due IS NOT NULL`,
  `CREATE INDEX IF NOT EXISTS decisions_by_subject ON ${schema}.decisions (subject)`,
  // Every change of a decision, and why it was decided again.
  `CREATE TABLE IF NOT EXISTS ${schema}.decision_changes (
     number bigserial PRIMARY KEY, rule text NOT NULL, subject text COLLATE "C" NOT NULL, day text NOT NULL,
     version integer NOT NULL, outcome text NOT NULL, figures json, cause text NOT NULL)`,
  `CREATE INDEX IF NOT EXISTS decision_changes_by_subject ON ${schema}.decision_changes (subject)`,
  // Records and cases that could not be stored or decided; source is `grant <id>` or `rule <id>`.
  `CREATE TABLE IF NOT EXISTS ${schema}.set_aside (
     number bigserial PRIMARY KEY, source text NOT NULL, subject text, log text NOT NULL, position bigint NOT NULL, reason text NOT NULL)`,
  `CREATE TABLE IF NOT EXISTS ${schema}.outbox (number bigserial PRIMARY KEY, event text NOT NULL)`,
];

export async function createTables(sql: Sql, schemaName: string): Promise<void> {
  const schema = quoteIdentifier(schemaName);
  for (const statement of statements(schema)) await sql.query(statement);
  await sql.query(`INSERT INTO ${schema}.settings VALUES ('epoch', $1) ON CONFLICT DO NOTHING`, [randomUUID()]);
}
