import { quoteIdentifier } from '../../connectors/runtime/postgres-client.js';
import type { BenefitCheckConfig } from '../config.js';
import { type Explanation, explain } from '../decisions/explain.js';
import { type ReplayReport, replay } from '../replay/replay.js';
import { parseRules } from '../rules/parse-rules.js';
import type { Database } from '../store/database.js';
import { DecisionTable } from '../store/decision-table.js';

/** Questions about decisions, answered by a running check or from its database. */
export interface Cases {
  explain(subject: string, rule: string | undefined): Promise<Explanation[]>;
  /** Throws ConnectorConfigError that lists every problem of the rules. */
  replay(rulesText: string): Promise<ReplayReport>;
}

/** Answers from a database that this process has open. */
export function casesIn(database: Database, config: BenefitCheckConfig, today: () => string): Cases {
  const schema = quoteIdentifier(config.schema);
  const decisions = new DecisionTable(schema);
  const { rules, timeZone } = config;
  return {
    explain: (subject, rule) => explain({ database, decisions, rules }, subject, rule),
    replay: async (rulesText) =>
      replay(parseRules(rulesText, timeZone), { database, schema, timeZone, today: today() }),
  };
}
