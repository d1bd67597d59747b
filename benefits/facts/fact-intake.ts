import type { DeliveredEvent } from '../../proto/event/event.js';
import type { CaseCause, CaseProcessor } from '../cases/case-processor.js';
import type { RuleSet } from '../rule-set.js';
import type { Rule } from '../rules/rule.js';
import type { Sql } from '../store/database.js';
import type { FactTable } from '../store/fact-table.js';
import type { GrantPosition, GrantProgress } from '../store/grant-progress.js';

export interface FactIntakeDeps {
  rules: RuleSet;
  facts: FactTable;
  places: GrantProgress;
  casework: CaseProcessor;
}

export interface FactBatch {
  grant: string;
  log: string;
  events: readonly DeliveredEvent[];
}

/** Subjects that a batch touches, and for each the last event that did. */
class Touched {
  readonly #records = new Map<string, DeliveredEvent>();
  /** Item → value → event. */
  readonly #values = new Map<string, Map<string, DeliveredEvent>>();

  noteRecords(records: Iterable<string>, by: DeliveredEvent): void {
    for (const record of records) this.#records.set(record, by);
  }

  noteValues(values: ReadonlyMap<string, ReadonlySet<string>>, by: DeliveredEvent): void {
    for (const [item, all] of values) {
      const known = this.#values.get(item) ?? new Map<string, DeliveredEvent>();
      for (const value of all) known.set(value, by);
      this.#values.set(item, known);
    }
  }

  subjects(key: string | undefined): ReadonlyMap<string, DeliveredEvent> {
    return (key === undefined ? this.#records : this.#values.get(key)) ?? new Map();
  }
}

/** Stores delivered events as facts and decides anew whatever stood on them. */
export class FactIntake {
  constructor(private readonly deps: FactIntakeDeps) {}

  /** Runs in the caller's transaction. Returns the place that is reached, and how many events go out. */
  async take(sql: Sql, batch: FactBatch, today: string): Promise<{ place: GrantPosition; told: number }> {
    const { places } = this.deps;
    const { grant, log } = batch;
    const before = places.get(grant);
    // After a commit whose answer was lost the same events come again, and would put records back to what they were.
    const events =
      log === before.log ? batch.events.filter(({ position }) => position > before.position) : batch.events;
    if (events.length === 0) return { place: before, told: 0 };
    const touched = new Touched();
    const snapshot = await this.#store(sql, { grant, log, events }, { today, touched, snapshot: before.snapshot });
    const last = events.at(-1)!;
    const place: GrantPosition = { ...before, entry: last.type, log, position: last.position, snapshot };
    await places.store(sql, place);
    const told = await this.#decide(sql, grant, touched, today);
    return { place, told };
  }

  /** Ends the facts of a former life of the log, once this one was read to its end. */
  async endFormerLife(sql: Sql, place: GrantPosition, today: string): Promise<void> {
    const { facts } = this.deps;
    const by = { position: place.position, op: 'log_lost', today };
    await facts.endUnseen(sql, place.grant, { log: place.log, from: 0 }, by);
  }

  async #store(
    sql: Sql,
    { grant, log, events }: FactBatch,
    state: { today: string; touched: Touched; snapshot: GrantPosition['snapshot'] },
  ): Promise<GrantPosition['snapshot']> {
    const { facts } = this.deps;
    const { today, touched } = state;
    let { snapshot } = state;
    let waiting: DeliveredEvent[] = [];
    const put = async (): Promise<void> => {
      if (waiting.length === 0) return;
      const values = await facts.put(sql, grant, log, waiting, today);
      for (const event of waiting) touched.noteRecords([event.subject ?? ''], event);
      touched.noteValues(values, waiting.at(-1)!);
      waiting = [];
    };
    for (const event of events) {
      if (event.op === 'snapshot_begin') {
        snapshot = { id: event.snapshotid ?? '', from: event.position };
      } else if (event.op !== 'snapshot_end') {
        waiting.push(event);
      } else if (snapshot && snapshot.id === (event.snapshotid ?? '')) {
        await put();
        const by = { position: event.position, op: event.op, today };
        const ended = await facts.endUnseen(sql, grant, { log, from: snapshot.from }, by);
        touched.noteRecords(ended.records, event);
        touched.noteValues(ended.touched, event);
        snapshot = undefined;
      }
    }
    await put();
    return snapshot;
  }

  async #decide(sql: Sql, grant: string, touched: Touched, today: string): Promise<number> {
    const { rules, casework } = this.deps;
    const docket = new Map<Rule, Set<string>>();
    const causes = new Map<string, DeliveredEvent>();
    for (const { rule, source } of rules.fedBy(grant)) {
      // When its grants are read to their ends all of its cases are called at once.
      if (!this.#isReady(rule)) continue;
      const subjects = docket.get(rule) ?? new Set();
      for (const [subject, event] of touched.subjects(source.key)) {
        subjects.add(subject);
        causes.set(`${rule.id} ${subject}`, event);
      }
      docket.set(rule, subjects);
    }
    const causeOf: CaseCause = (rule, subject) => {
      const event = causes.get(`${rule.id} ${subject}`);
      return event ? `${event.op} ${event.id}` : 'event';
    };
    return casework.decide(sql, docket, today, causeOf);
  }

  #isReady(rule: Rule): boolean {
    return [...rule.sources.values()].every(({ grant }) => this.deps.places.get(grant).caughtUp);
  }
}
