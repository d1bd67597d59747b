import type { Title } from '../../proto/entry/entry.js';
import type { RuleSet } from '../rule-set.js';
import type { Figures, Finding, Outcome } from '../rules/verdict.js';
import type { Database } from '../store/database.js';
import type { DecisionChange, DecisionTable, StoredDecision } from '../store/decision-table.js';
import { basisOf, reason } from './decision-event.js';

/** One decision with everything that it stands on. */
export interface Explanation {
  rule: string;
  version: number;
  title: Title;
  subject: string;
  outcome: Outcome;
  reason: { zh: string; en: string };
  decidedOn: string | undefined;
  /** Day on which it is looked at again although nothing happens. */
  nextLook: string | undefined;
  figures: Figures | undefined;
  conditions: Finding[];
  /** `<grant>: <entry>@<position>` of every event behind it. */
  basis: string[];
  changes: Omit<DecisionChange, 'rule' | 'subject'>[];
}

/** All decisions about a subject, or those of one rule. */
export async function explain(
  { database, decisions, rules }: { database: Database; decisions: DecisionTable; rules: RuleSet },
  subject: string,
  onlyRule?: string,
): Promise<Explanation[]> {
  const found = await database.transaction((sql) => decisions.ofSubject(sql, subject));
  return found.decisions
    .filter(({ rule, verdict }) => verdict !== undefined && (onlyRule === undefined || rule === onlyRule))
    .map((decision) => explanationOf(decision, found.changes, rules));
}

function explanationOf(decision: StoredDecision, changes: DecisionChange[], rules: RuleSet): Explanation {
  const { subject, version, day, due } = decision;
  const verdict = decision.verdict!;
  const rule = rules.get(decision.rule);
  return {
    rule: decision.rule,
    version,
    title: rule?.title ?? {},
    subject,
    outcome: verdict.outcome,
    reason: rule ? { zh: reason(rule, verdict, 'zh'), en: reason(rule, verdict, 'en') } : { zh: '', en: '' },
    decidedOn: day,
    nextLook: due,
    figures: verdict.figures,
    conditions: verdict.conditions,
    basis: basisOf(verdict),
    changes: changes
      .filter((one) => one.rule === decision.rule)
      .map(({ rule: _rule, subject: _subject, ...change }) => change),
  };
}
