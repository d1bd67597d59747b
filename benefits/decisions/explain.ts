import type { Title } from '../../proto/entry/entry.js';
import type { RuleSet } from '../rule-set.js';
import type { ConditionResult, Figures, Outcome } from '../rules/evaluate-rule.js';
import type { Database } from '../store/database.js';
import type { DecisionChange, DecisionTable, StoredDecision } from '../store/decision-table.js';
import { basisOf, reason } from './decision-event.js';

/** One decision with everything that it stands on. Served as JSON: `sluice benefits explain --json`. */
export interface Explanation {
  rule: string;
  version: number;
  title: Title;
  subject: string;
  outcome: Outcome;
  reason: { zh: string; en: string };
  decidedOn: string | undefined;
  /** Day on which it is decided again even without an event. */
  nextLook: string | undefined;
  figures: Figures | undefined;
  conditions: ConditionResult[];
  /** `<grant>: <entry>@<position>` of every event behind it. */
  basis: string[];
  changes: Omit<DecisionChange, 'rule' | 'subject'>[];
}

/** The decisions about a subject, or that of one rule. */
export async function explain(
  { database, decisions, rules }: { database: Database; decisions: DecisionTable; rules: RuleSet },
  subject: string,
  onlyRule?: string,
): Promise<Explanation[]> {
  const found = await database.transaction((sql) => decisions.ofSubject(sql, subject));
  return found.decisions
    .filter(({ rule, result }) => result !== undefined && (onlyRule === undefined || rule === onlyRule))
    .map((decision) => explanationOf(decision, found.changes, rules));
}

function explanationOf(decision: StoredDecision, changes: DecisionChange[], rules: RuleSet): Explanation {
  const { subject, version, day, due } = decision;
  const result = decision.result!;
  const rule = rules.get(decision.rule);
  return {
    rule: decision.rule,
    version,
    title: rule?.title ?? {},
    subject,
    outcome: result.outcome,
    reason: rule ? { zh: reason(rule, result, 'zh'), en: reason(rule, result, 'en') } : { zh: '', en: '' },
    decidedOn: day,
    nextLook: due,
    figures: result.figures,
    conditions: result.conditions,
    basis: basisOf(result),
    changes: changes
      .filter((one) => one.rule === decision.rule)
      .map(({ rule: _rule, subject: _subject, ...change }) => change),
  };
}
