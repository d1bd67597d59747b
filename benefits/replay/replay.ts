import { ConnectorConfigError } from '../../connectors/runtime/connector-errors.js';
import { parseRule } from '../rules/parse-rules.js';
import type { Rule, RuleSource } from '../rules/rule.js';
import type { Database, Sql } from '../store/database.js';
import { HistoryTable, type PastEvent } from '../store/history-table.js';
import { RuleTable } from '../store/rule-table.js';
import type { ReplayedState } from './replay-state.js';
import { Timeline } from './replay-timeline.js';

export interface ReplayedChange {
  rule: string;
  subject: string;
  /** Today's result of the rule in use and of the new one; undefined where there is none. */
  before: ReplayedState | undefined;
  after: ReplayedState | undefined;
  /** First day on which the results differ, and whether they still do today. */
  since: string;
  differsToday: boolean;
}

export interface ReplayReport {
  rules: {
    rule: string;
    from: number | undefined;
    to: number;
    subjects: number;
    changed: number;
    changedToday: number;
  }[];
  changes: ReplayedChange[];
}

export interface ReplayDeps {
  database: Database;
  schema: string;
  timeZone: string;
  today: string;
}

/** Subjects whose history is in memory at a time: bounds memory. */
const CHUNK_SUBJECTS = 500;

/** Evaluates rules beside those in use over the whole history, and lists the subjects whose result differs. Stores nothing. */
export async function replay(newRules: readonly Rule[], deps: ReplayDeps): Promise<ReplayReport> {
  await refuseUnknownGrants(newRules, deps);
  const report: ReplayReport = { rules: [], changes: [] };
  for (const rule of newRules) {
    const document = await deps.database.transaction((sql) => new RuleTable(deps.schema).current(sql, rule.id));
    const old = document && parseRule(document, deps.timeZone);
    const changes: ReplayedChange[] = [];
    let subjects = 0;
    for await (const timelines of timelinesOf(rule, old, deps)) {
      subjects += timelines.length;
      for (const timeline of timelines) {
        const change = compareOver(timeline, rule, old, deps.today);
        if (change) changes.push(change);
      }
    }
    const changedToday = changes.filter(({ differsToday }) => differsToday).length;
    report.rules.push({
      rule: rule.id,
      from: old?.version,
      to: rule.version,
      subjects,
      changed: changes.length,
      changedToday,
    });
    report.changes.push(...changes);
  }
  return report;
}

/** Compares both rules on each day on which one of them can change. */
function compareOver(timeline: Timeline, rule: Rule, old: Rule | undefined, today: string): ReplayedChange | undefined {
  let since: string | undefined;
  let states: { before: ReplayedState | undefined; after: ReplayedState | undefined } = {
    before: undefined,
    after: undefined,
  };
  let differs = false;
  for (const { day, before, after } of timeline.walk(old, rule, today)) {
    states = { before, after };
    differs = JSON.stringify(before) !== JSON.stringify(after);
    if (differs) since ??= day;
  }
  return since === undefined
    ? undefined
    : { rule: rule.id, subject: timeline.subject, ...states, since, differsToday: differs };
}

async function* timelinesOf(
  rule: Rule,
  old: Rule | undefined,
  { database, schema }: ReplayDeps,
): AsyncGenerator<Timeline[]> {
  const history = new HistoryTable(schema);
  const { grant, key } = rule.about;
  const sources = [...rule.sources.values(), ...(old?.sources.values() ?? [])];
  for (let after = ''; ; ) {
    const chunk = await database.transaction(async (sql) => {
      const subjects = await history.subjects(sql, { grant, key, after }, CHUNK_SUBJECTS);
      return { subjects, events: await eventsOf(sql, history, sources, subjects) };
    });
    const last = chunk.subjects.at(-1);
    if (last === undefined) return;
    yield chunk.subjects.map((subject) => new Timeline(subject, chunk.events));
    after = last;
  }
}

/** Reads the events of all the subjects, by grant and join item. */
async function eventsOf(sql: Sql, history: HistoryTable, sources: readonly RuleSource[], subjects: string[]) {
  const events = new Map<string, Map<string, PastEvent[]>>();
  for (const { grant, key } of sources) {
    const name = Timeline.feedOf(grant, key);
    if (events.has(name) || subjects.length === 0) continue;
    const found =
      key === undefined
        ? await history.ofRecords(sql, grant, subjects)
        : await history.ofItem(sql, grant, key, subjects);
    events.set(name, Timeline.bySubject(found, key));
  }
  return events;
}

async function refuseUnknownGrants(rules: readonly Rule[], { database, schema }: ReplayDeps): Promise<void> {
  const rows = await database.transaction((sql) => sql.query(`SELECT grant_id FROM ${schema}.sources`));
  const known = new Set(rows.map(({ grant_id }) => grant_id));
  const problems = rules.flatMap(({ id, sources }) =>
    [...sources.values()]
      .filter(({ grant }) => !known.has(grant))
      .map(({ grant }) => `rule ${id} needs grant ${grant}, which has no history in this database`),
  );
  if (problems.length > 0) throw new ConnectorConfigError(problems);
}
