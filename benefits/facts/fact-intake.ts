import type { DeliveredEvent } from '../../proto/event/event.js';
import { LogPosition } from '../../proto/log-position.js';
import type { CaseCause, CaseProcessor, DecidedCases } from '../cases/case-processor.js';
import type { RuleSet } from '../rule-set.js';
import type { Rule } from '../rules/rule.js';
import type { Sql } from '../store/database.js';
import type { FactTable } from '../store/fact-table.js';
import type { GrantState, GrantStates } from '../store/grant-states.js';
import type { SetAsideTable } from '../store/set-aside-table.js';

export interface FactIntakeDeps {
  rules: RuleSet;
  facts: FactTable;
  progress: GrantStates;
  caseProcessor: CaseProcessor;
  setAside: SetAsideTable;
}

/** The grant's new state, events added to the outbox, and cases that were set aside. */
export interface StoredBatch extends DecidedCases {
  state: GrantState;
}

export interface UnstorableEvent {
  grant: string;
  log: string;
  event: DeliveredEvent;
  reason: string;
  endsRecord: boolean;
}

export interface FactBatch {
  grant: string;
  log: string;
  events: readonly DeliveredEvent[];
}

/** Records and join values that a batch has changed, each with the last event that did. */
class ChangedFacts {
  readonly #records = new Map<string, DeliveredEvent>();
  /** Item → value → event. */
  readonly #values = new Map<string, Map<string, DeliveredEvent>>();

  addRecords(records: Iterable<string>, by: DeliveredEvent): void {
    for (const record of records) this.#records.set(record, by);
  }

  addValues(values: ReadonlyMap<string, ReadonlySet<string>>, by: DeliveredEvent): void {
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

/** Stores delivered events as facts and decides the cases that depend on them. */
export class FactIntake {
  constructor(private readonly deps: FactIntakeDeps) {}

  /** Runs in the caller's transaction. */
  async store(sql: Sql, batch: FactBatch, today: string): Promise<StoredBatch> {
    const { progress } = this.deps;
    const { grant, log } = batch;
    const before = progress.get(grant);
    // After a commit whose answer was lost the same events come again; storing them would set records back.
    const stored = LogPosition.of(before);
    const events = batch.events.filter(({ position }) => !stored.covers(new LogPosition(log, position)));
    if (events.length === 0) return { state: before, queued: 0, failures: [] };
    const changed = new ChangedFacts();
    const snapshot = await this.#store(sql, { grant, log, events }, { today, changed, snapshot: before.snapshot });
    const last = events.at(-1)!;
    const state: GrantState = { ...before, log, position: last.position, snapshot };
    await progress.store(sql, state);
    return { state, ...(await this.#decide(sql, grant, changed, today)) };
  }

  /**
   * Passes an event whose record PostgreSQL cannot store: the record counts as gone, so that no decision stands on its former state.
   * Without `endsRecord` not even its key can be stored. Runs in the caller's transaction.
   */
  async pass(
    sql: Sql,
    { grant, log, event, reason, endsRecord }: UnstorableEvent,
    today: string,
  ): Promise<StoredBatch> {
    const { progress, facts, setAside } = this.deps;
    const { position } = event;
    const changed = new ChangedFacts();
    const subject = endsRecord ? event.subject : undefined;
    if (subject !== undefined) {
      const ended = await facts.end(sql, grant, subject, { log, position, op: 'set_aside', today });
      changed.addRecords(ended.records, event);
      changed.addValues(ended.changed, event);
    }
    await setAside.add(sql, { source: `grant ${grant}`, subject, log, position, reason });
    const state: GrantState = { ...progress.get(grant), log, position };
    await progress.store(sql, state);
    return { state, ...(await this.#decide(sql, grant, changed, today)) };
  }

  /** Ends facts of previous epochs that the current epoch, once read to its end, has not shown. */
  async endPreviousEpochs(sql: Sql, state: GrantState, today: string): Promise<void> {
    const { facts } = this.deps;
    const by = { position: state.position, op: 'log_lost', today };
    await facts.endUnseen(sql, state.grant, { log: state.log, from: 0 }, by);
  }

  async #store(
    sql: Sql,
    { grant, log, events }: FactBatch,
    state: { today: string; changed: ChangedFacts; snapshot: GrantState['snapshot'] },
  ): Promise<GrantState['snapshot']> {
    const { facts } = this.deps;
    const { today, changed } = state;
    let { snapshot } = state;
    let collected: DeliveredEvent[] = [];
    const put = async (): Promise<void> => {
      if (collected.length === 0) return;
      const values = await facts.put(sql, grant, log, collected, today);
      for (const event of collected) changed.addRecords([event.subject ?? ''], event);
      changed.addValues(values, collected.at(-1)!);
      collected = [];
    };
    for (const event of events) {
      if (event.op === 'snapshot_begin') {
        snapshot = { id: event.snapshotid ?? '', from: event.position };
      } else if (event.op !== 'snapshot_end') {
        collected.push(event);
      } else if (snapshot && snapshot.id === (event.snapshotid ?? '')) {
        await put();
        const by = { position: event.position, op: event.op, today };
        const ended = await facts.endUnseen(sql, grant, { log, from: snapshot.from }, by);
        changed.addRecords(ended.records, event);
        changed.addValues(ended.changed, event);
        snapshot = undefined;
      }
    }
    await put();
    return snapshot;
  }

  async #decide(sql: Sql, grant: string, changed: ChangedFacts, today: string): Promise<DecidedCases> {
    const { rules, caseProcessor } = this.deps;
    const cases = new Map<Rule, Set<string>>();
    const causes = new Map<string, DeliveredEvent>();
    for (const { rule, source } of rules.feedsOf(grant)) {
      // All its cases are scheduled at once when its grants have caught up.
      if (!this.#isReady(rule)) continue;
      const subjects = cases.get(rule) ?? new Set();
      for (const [subject, event] of changed.subjects(source.key)) {
        subjects.add(subject);
        causes.set(`${rule.id} ${subject}`, event);
      }
      cases.set(rule, subjects);
    }
    const causeOf: CaseCause = (rule, subject) => {
      const event = causes.get(`${rule.id} ${subject}`);
      return event ? `${event.op} ${event.id}` : 'event';
    };
    return caseProcessor.decide(sql, cases, today, causeOf);
  }

  #isReady(rule: Rule): boolean {
    return [...rule.sources.values()].every(({ grant }) => this.deps.progress.get(grant).caughtUp);
  }
}
