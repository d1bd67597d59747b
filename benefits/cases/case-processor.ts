import { decisionData, decisionId, substanceOf } from '../decisions/decision-event.js';
import type { Rule } from '../rules/rule.js';
import { judge } from '../rules/verdict.js';
import type { Sql } from '../store/database.js';
import type { DecisionChange, DecisionTable, StoredDecision } from '../store/decision-table.js';
import type { FactTable } from '../store/fact-table.js';
import type { GrantProgress } from '../store/grant-progress.js';
import type { DraftEvent, OutboxTable } from '../store/outbox-table.js';
import { type Docket, JoinedRecords } from './joined-records.js';

export interface CaseTables {
  facts: FactTable;
  decisions: DecisionTable;
  outbox: OutboxTable;
  places: GrantProgress;
}

/** Why decisions are looked at, for the record of their changes: an event, the day, a rule, a grant. */
export type CaseCause = (rule: Rule, subject: string) => string;

interface Work {
  decisions: StoredDecision[];
  changes: DecisionChange[];
  events: DraftEvent[];
}

/** Decides: reads the facts of subjects, judges, stores what has changed and puts what others must know into the outbox. */
export class CaseProcessor {
  constructor(private readonly tables: CaseTables) {}

  /** All of it happens in the caller's transaction. Returns how many events go out. */
  async decide(sql: Sql, docket: Docket, today: string, causeOf: CaseCause): Promise<number> {
    const keys = [...docket].flatMap(([rule, subjects]) =>
      [...subjects].map((subject) => ({ rule: rule.id, subject })),
    );
    if (keys.length === 0) return 0;
    const { facts, decisions, outbox, places } = this.tables;
    const joined = await JoinedRecords.read(sql, docket, facts, places);
    const known = await decisions.read(sql, keys);
    const work: Work = { decisions: [], changes: [], events: [] };
    for (const [rule, subjects] of docket) {
      for (const subject of subjects) {
        const before = known.get(`${rule.id} ${subject}`);
        const record = joined.of(rule, subject);
        // Nobody asks about a subject that the rule was never about.
        if (!before && record.records.get(rule.about.name)?.length === 0) continue;
        decideOne({ rule, subject, record, before, today, cause: causeOf(rule, subject) }, work);
      }
    }
    await decisions.write(sql, work.decisions);
    await decisions.noteChanges(sql, work.changes);
    await outbox.add(sql, work.events);
    return work.events.length;
  }
}

interface OneCase {
  rule: Rule;
  subject: string;
  record: Parameters<typeof judge>[1];
  before: StoredDecision | undefined;
  today: string;
  cause: string;
}

function decideOne({ rule, subject, record, before, today, cause }: OneCase, work: Work): void {
  const verdict = judge(rule, record, today);
  const { outcome, figures } = verdict;
  const data = decisionData({ rule, subject, verdict, today });
  const isChanged =
    before?.verdict?.outcome !== outcome ||
    before.version !== rule.version ||
    JSON.stringify(before.verdict.figures) !== JSON.stringify(figures);
  if (isChanged)
    work.changes.push({ rule: rule.id, subject, day: today, version: rule.version, outcome, figures, cause });
  const told = before?.told;
  // Who never was concerned hears nothing: that somebody does not qualify is nobody else's business.
  const isNews = told === undefined ? outcome === 'applies' : substanceOf(told) !== substanceOf(data);
  if (isNews) {
    const previous = told === undefined ? {} : { previous: told };
    work.events.push({
      type: rule.entry,
      op: told === undefined ? 'create' : 'update',
      subject: decisionId(rule.id, subject),
      data,
      ...previous,
    });
  }
  work.decisions.push({
    rule: rule.id,
    subject,
    version: rule.version,
    verdict,
    told: isNews ? data : told,
    day: isChanged ? today : before.day,
    due: verdict.due,
  });
}
