import { decisionData, decisionId, publishedContent } from '../decisions/decision-event.js';
import { evaluateRule, type RuleInput } from '../rules/evaluate-rule.js';
import type { Rule } from '../rules/rule.js';
import type { Sql } from '../store/database.js';
import type { DecisionChange, DecisionTable, StoredDecision } from '../store/decision-table.js';
import type { FactTable } from '../store/fact-table.js';
import type { GrantStates } from '../store/grant-states.js';
import type { OutboxTable, UnnumberedEvent } from '../store/outbox-table.js';
import type { SetAsideTable } from '../store/set-aside-table.js';
import { FactsByRule, type SubjectsByRule } from './facts-by-rule.js';

export interface CaseTables {
  facts: FactTable;
  decisions: DecisionTable;
  outbox: OutboxTable;
  setAside: SetAsideTable;
  progress: GrantStates;
}

/** The reason to decide a case again, stored with its change: an event, the day, a rule version, a grant. */
export type CaseCause = (rule: Rule, subject: string) => string;

export interface CaseFailure {
  rule: string;
  subject: string;
  /** Kind of error: no value. */
  reason: string;
}

export interface DecidedCases {
  /** Events added to the outbox. */
  queued: number;
  failures: readonly CaseFailure[];
}

interface DecisionWrites {
  decisions: StoredDecision[];
  changes: DecisionChange[];
  events: UnnumberedEvent[];
  /** Cases that could not be decided. */
  failures: CaseFailure[];
}

/** Decides cases: reads the facts of subjects, evaluates their rules, stores changed decisions, and adds those to publish to the outbox. */
export class CaseProcessor {
  constructor(private readonly tables: CaseTables) {}

  /** Runs in the caller's transaction. A case that cannot be decided is set aside and stays as it is. */
  async decide(sql: Sql, cases: SubjectsByRule, today: string, causeOf: CaseCause): Promise<DecidedCases> {
    const keys = [...cases].flatMap(([rule, subjects]) => [...subjects].map((subject) => ({ rule: rule.id, subject })));
    if (keys.length === 0) return { queued: 0, failures: [] };
    const { facts, decisions, outbox, setAside, progress } = this.tables;
    const joined = await FactsByRule.read(sql, cases, facts, progress);
    const known = await decisions.read(sql, keys);
    const writes: DecisionWrites = { decisions: [], changes: [], events: [], failures: [] };
    for (const [rule, subjects] of cases) {
      for (const subject of subjects) {
        const before = known.get(`${rule.id} ${subject}`);
        const input = joined.of(rule, subject);
        // A subject without a record in the rule's `about` source is not a case.
        if (!before && input.records.get(rule.about.name)?.length === 0) continue;
        tryOne({ rule, subject, input, before, today, cause: causeOf(rule, subject) }, writes);
      }
    }
    await decisions.write(sql, writes.decisions);
    await decisions.addChanges(sql, writes.changes);
    await outbox.add(sql, writes.events);
    for (const { rule, subject, reason } of writes.failures) {
      await decisions.unschedule(sql, { rule, subject });
      await setAside.add(sql, { source: `rule ${rule}`, subject, log: '', position: 0, reason });
    }
    return { queued: writes.events.length, failures: writes.failures };
  }
}

interface CaseInput {
  rule: Rule;
  subject: string;
  input: RuleInput;
  before: StoredDecision | undefined;
  today: string;
  cause: string;
}

function tryOne(one: CaseInput, writes: DecisionWrites): void {
  try {
    decideOne(one, writes);
  } catch (error) {
    // A value that no rule can evaluate must not keep others from their decisions.
    const reason = error instanceof Error ? error.name : 'Error';
    writes.failures.push({ rule: one.rule.id, subject: one.subject, reason });
  }
}

function decideOne({ rule, subject, input, before, today, cause }: CaseInput, writes: DecisionWrites): void {
  const result = evaluateRule(rule, input, today);
  const { outcome, figures } = result;
  const data = decisionData({ rule, subject, result, today });
  const isChanged =
    before?.result?.outcome !== outcome ||
    before.version !== rule.version ||
    JSON.stringify(before.result.figures) !== JSON.stringify(figures);
  if (isChanged)
    writes.changes.push({ rule: rule.id, subject, day: today, version: rule.version, outcome, figures, cause });
  const last = before?.published;
  // No event for subjects that never qualified: that is no business of the receivers.
  const isPublished = last === undefined ? outcome === 'applies' : publishedContent(last) !== publishedContent(data);
  if (isPublished) {
    const previous = last === undefined ? {} : { previous: last };
    writes.events.push({
      type: rule.entry,
      op: last === undefined ? 'create' : 'update',
      subject: decisionId(rule.id, subject),
      data,
      ...previous,
    });
  }
  writes.decisions.push({
    rule: rule.id,
    subject,
    version: rule.version,
    result,
    published: isPublished ? data : last,
    day: isChanged ? today : before.day,
    due: result.due,
  });
}
