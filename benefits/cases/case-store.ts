import { AsyncEvent } from '../../connectors/runtime/async-event.js';
import { ConnectorConfigError } from '../../connectors/runtime/connector-errors.js';
import { quoteIdentifier } from '../../connectors/runtime/postgres-client.js';
import { SerialQueue } from '../../proto/async/serial-queue.js';
import { type FactBatch, FactIntake, type StoredBatch, type UnstorableEvent } from '../facts/fact-intake.js';
import type { RuleSet } from '../rule-set.js';
import type { Rule } from '../rules/rule.js';
import type { Database, Sql } from '../store/database.js';
import { DecisionTable } from '../store/decision-table.js';
import { FactTable } from '../store/fact-table.js';
import { type GrantState, GrantStates, JOINED } from '../store/grant-states.js';
import { OutboxTable } from '../store/outbox-table.js';
import { RuleTable } from '../store/rule-table.js';
import { dataErrorState, type SetAside, SetAsideTable } from '../store/set-aside-table.js';
import { createTables } from '../store/tables.js';
import { type CaseCause, type CaseFailure, CaseProcessor, type DecidedCases } from './case-processor.js';

/** Cases per transaction: bounds its duration; larger ones are not faster. */
const DUE_CHUNK = 1_000;

/**
 * Facts, decisions and outgoing events in one PostgreSQL.
 *
 * A decision must match the facts that it stands on, be published exactly once, and survive a crash at any moment. Storing facts
 * in one place and publishing to the bus in another would leave a window between them. Here each method is one transaction: an
 * event's facts, the decisions that follow, their outgoing events and the position commit together.
 *
 * Invariants: transactions run one after another; the grants' states in memory are those of the last commit, and are
 * read again after a transaction that failed, which may have committed. See docs/decisions/0040.
 */
export class CaseStore {
  readonly outbox: OutboxTable;
  readonly decisions: DecisionTable;
  readonly facts: FactTable;
  readonly ruleTable: RuleTable;
  /** Set when the outbox has events to publish. */
  readonly outboxFilled = new AsyncEvent();
  /** Set when cases are due for another reason than the calendar. */
  readonly casesDue = new AsyncEvent();
  readonly #states: GrantStates;
  /** Keeps a transaction and the update of the states in memory together. */
  readonly #transactions = new SerialQueue();
  /** A transaction has failed, perhaps after its commit: the states in memory may be out of date. */
  #isStale = false;
  readonly #caseProcessor: CaseProcessor;
  readonly #intake: FactIntake;
  readonly #setAside: SetAsideTable;
  #setAsideCount = 0;
  /** Grants in force of rules that are new here: until the bus has said what they deliver, stored records may lack what the rules need. */
  readonly #unchecked = new Set<string>();
  /** Called for each record or case that is set aside; its reason holds no values. */
  onSetAside: ((entry: Pick<SetAside, 'source' | 'position' | 'reason'>) => void) | undefined;
  /** Called when the last entry has come right. */
  onNothingSetAside: (() => void) | undefined;

  private constructor(
    readonly database: Database,
    readonly schema: string,
    readonly rules: RuleSet,
    private readonly today: () => string,
  ) {
    this.outbox = new OutboxTable(schema);
    this.decisions = new DecisionTable(schema);
    this.facts = new FactTable(schema, rules.joinItems);
    this.ruleTable = new RuleTable(schema);
    this.#states = new GrantStates(schema);
    const { facts, decisions, outbox } = this;
    this.#setAside = new SetAsideTable(schema);
    const setAside = this.#setAside;
    this.#caseProcessor = new CaseProcessor({ facts, decisions, outbox, setAside, progress: this.#states });
    this.#intake = new FactIntake({
      rules,
      facts,
      progress: this.#states,
      caseProcessor: this.#caseProcessor,
      setAside,
    });
  }

  /** Creates the tables and registers the rules. Throws ConnectorConfigError when a rule has changed without a new version. */
  static async open(
    database: Database,
    { schemaName, rules, today }: { schemaName: string; rules: RuleSet; today: () => string },
  ): Promise<CaseStore> {
    const store = new CaseStore(database, quoteIdentifier(schemaName), rules, today);
    await database.transaction(async (sql) => {
      await createTables(sql, schemaName);
      await store.#states.load(sql, rules.grants);
      await store.#registerRules(sql);
      store.#setAsideCount = await store.#setAside.size(sql);
    });
    store.casesDue.set();
    return store;
  }

  progressOf(grant: string): GrantState {
    return this.#states.get(grant);
  }

  /** Stores delivered events as facts with all decisions that follow from them. */
  store(batch: FactBatch): Promise<void> {
    return this.#exclusively(() => this.#storeIsolating(batch));
  }

  /** Stores a batch; where PostgreSQL refuses a value in it, halves it until the one event is found, which is set aside. */
  async #storeIsolating(batch: FactBatch): Promise<void> {
    const { grant, log, events } = batch;
    try {
      await this.#commit(async (sql) => {
        await this.#resolve(sql, batch);
        return this.#intake.store(sql, batch, this.today());
      });
    } catch (error) {
      const reason = dataErrorState(error);
      if (reason === undefined) throw error;
      if (events.length === 1) return this.#pass({ grant, log, event: events[0]!, reason, endsRecord: true });
      const middle = Math.ceil(events.length / 2);
      await this.#storeIsolating({ grant, log, events: events.slice(0, middle) });
      await this.#storeIsolating({ grant, log, events: events.slice(middle) });
    }
  }

  async #pass(event: UnstorableEvent): Promise<void> {
    try {
      await this.#commit((sql) => this.#intake.pass(sql, event, this.today()));
    } catch (error) {
      if (!event.endsRecord || dataErrorState(error) === undefined) throw error;
      return this.#pass({ ...event, endsRecord: false });
    }
    this.onSetAside?.({ source: `grant ${event.grant}`, position: event.event.position, reason: event.reason });
  }

  async #commit(work: (sql: Sql) => Promise<StoredBatch>): Promise<void> {
    const before = this.#setAsideCount;
    const { stored, setAsideCount } = await this.database.transaction(async (sql) => ({
      stored: await work(sql),
      setAsideCount: await this.#setAside.size(sql),
    }));
    this.#states.committed(stored.state);
    this.#setAsideCount = setAsideCount;
    if (stored.queued > 0) this.outboxFilled.set();
    this.#report(stored.failures);
    if (before > 0 && setAsideCount === 0) this.onNothingSetAside?.();
  }

  /** A later event of a record, or of the subject of a case, replaces what was set aside. */
  async #resolve(sql: Sql, { grant, events }: FactBatch): Promise<void> {
    if (this.#setAsideCount === 0) return;
    const subjects = events.flatMap(({ subject }) => subject ?? []);
    await this.#setAside.resolve(sql, `grant ${grant}`, subjects);
    for (const { rule } of this.rules.feedsOf(grant)) await this.#setAside.resolve(sql, `rule ${rule.id}`, subjects);
  }

  #report(failures: readonly CaseFailure[]): void {
    for (const { rule, reason } of failures) this.onSetAside?.({ source: `rule ${rule}`, position: 0, reason });
  }

  /**
   * Records that everything in the grant's log is stored: from now on its facts may be used.
   * `entry` names their events in the decisions, the first of which may be made in the transaction that stores the first event.
   */
  caughtUp(grant: string, entry: string): Promise<void> {
    return this.#change(grant, `grant ${grant} is in force`, (before) =>
      before.caughtUp && before.inForce && before.entry === entry
        ? undefined
        : { ...before, entry, caughtUp: true, inForce: true },
    );
  }

  /** Records that the grant is suspended or over: its facts count no more, and decisions that need them become open. */
  suspend(grant: string, code: string): Promise<void> {
    return this.#change(grant, `grant ${grant} is not in force: ${code}`, (before) =>
      before.inForce ? { ...before, inForce: false } : undefined,
    );
  }

  /**
   * Records that the log has another epoch, or that the grant delivers other items: it is read from its start, and decisions stay as they
   * are until its end.
   */
  startAgain(grant: string, items = this.progressOf(grant).items): Promise<void> {
    const anew = { log: '', position: 0, caughtUp: false, snapshot: undefined, items };
    return this.#exclusively(async () => {
      await this.#storeState({ ...this.progressOf(grant), ...anew });
      this.#checked(grant);
    });
  }

  /**
   * Resolves with the items that the stored records lack, or have in another form. Where there are none, what is delivered now is
   * recorded as what they have.
   */
  lackingItems(grant: string, delivered: Readonly<Record<string, string>>): Promise<string[]> {
    return this.#exclusively(async () => {
      const state = this.progressOf(grant);
      const { items = delivered } = state;
      const isThere = (name: string): boolean =>
        items[name] === delivered[name] || items[name] === `${delivered[name]}${JOINED}`;
      const lacking = state.log === '' ? [] : Object.keys(delivered).filter((name) => !isThere(name));
      if (lacking.length > 0) return lacking;
      await this.#storeState({ ...state, items: delivered });
      this.#checked(grant);
      return [];
    });
  }

  #checked(grant: string): void {
    if (this.#unchecked.delete(grant)) this.casesDue.set();
  }

  async #storeState(state: GrantState): Promise<void> {
    await this.database.transaction((sql) => this.#states.store(sql, state));
    this.#states.committed(state);
  }

  /** Decides all cases that are due. Resolves with how many there were. */
  async decideDue(signal?: AbortSignal): Promise<number> {
    let decided = 0;
    let limit = DUE_CHUNK;
    while (!signal?.aborted) {
      const count = await this.#exclusively(() => this.#decideChunk(limit));
      // A chunk with a case that cannot be stored is decided case by case.
      if (count === undefined) limit = 1;
      else if (count === 0) break;
      else decided += count;
    }
    return decided;
  }

  /** Resolves with the number of cases, or undefined when PostgreSQL refuses a value of one of several. */
  async #decideChunk(limit: number): Promise<number | undefined> {
    try {
      const { count, queued, failures } = await this.database.transaction((sql) => this.#decideSomeDue(sql, limit));
      if (queued > 0) this.outboxFilled.set();
      this.#setAsideCount += failures.length;
      this.#report(failures);
      return count;
    } catch (error) {
      const reason = dataErrorState(error);
      if (reason === undefined) throw error;
      if (limit > 1) return undefined;
      const failures = await this.database.transaction((sql) => this.#setAsideFirstDue(sql, reason));
      this.#setAsideCount += failures.length;
      this.#report(failures);
      return 1;
    }
  }

  async #setAsideFirstDue(sql: Sql, reason: string): Promise<CaseFailure[]> {
    const [due] = await this.decisions.due(sql, this.#readyRules(), this.today(), 1);
    if (!due) return [];
    await this.decisions.unschedule(sql, due);
    await this.#setAside.add(sql, { source: `rule ${due.rule}`, subject: due.subject, log: '', position: 0, reason });
    return [{ ...due, reason }];
  }

  /** Entries that wait for a later event of their record. */
  get setAsideCount(): number {
    return this.#setAsideCount;
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#transactions.run(async () => {
      try {
        if (this.#isStale) await this.#refresh();
        return await work();
      } catch (error) {
        this.#isStale = true;
        throw error;
      }
    });
  }

  async #refresh(): Promise<void> {
    await this.database.transaction((sql) => this.#states.load(sql, this.rules.grants));
    this.#isStale = false;
    // A commit whose answer was lost may have filled the outbox or scheduled cases.
    this.outboxFilled.set();
    this.casesDue.set();
  }

  async #decideSomeDue(sql: Sql, limit: number): Promise<DecidedCases & { count: number }> {
    const today = this.today();
    const due = await this.decisions.due(sql, this.#readyRules(), today, limit);
    const cases = new Map<Rule, Set<string>>();
    const causes = new Map<string, string>();
    for (const { rule: id, subject, reason } of due) {
      const rule = this.rules.get(id)!;
      cases.set(rule, (cases.get(rule) ?? new Set()).add(subject));
      causes.set(`${id} ${subject}`, reason ?? `day ${today}`);
    }
    const causeOf: CaseCause = ({ id }, subject) => causes.get(`${id} ${subject}`)!;
    return { count: due.length, ...(await this.#caseProcessor.decide(sql, cases, today, causeOf)) };
  }

  #change(grant: string, cause: string, change: (before: GrantState) => GrantState | undefined): Promise<void> {
    return this.#exclusively(async () => {
      const before = this.progressOf(grant);
      const state = change(before);
      if (!state) return;
      await this.database.transaction(async (sql) => {
        await this.#states.store(sql, state);
        if (state.caughtUp && !before.caughtUp) await this.#intake.endPreviousEpochs(sql, state, this.today());
        for (const rule of this.rules.rulesFedBy(grant)) await this.#scheduleAll(sql, rule, cause);
      });
      this.#states.committed(state);
      if (!state.inForce) this.#unchecked.delete(grant);
      this.casesDue.set();
    });
  }

  async #registerRules(sql: Sql): Promise<void> {
    const problems: string[] = [];
    for (const rule of this.rules.rules) {
      const became = await this.ruleTable.register(sql, rule.document);
      if (became === 'changed') {
        problems.push(
          `rule ${rule.id} differs from the version ${rule.version} that is in use: give it another version`,
        );
      } else if (became === 'new') {
        await this.#scheduleAll(sql, rule, `rule version ${rule.version}`);
        for (const { grant } of rule.sources.values()) {
          const { caughtUp, inForce } = this.progressOf(grant);
          if (caughtUp && inForce) this.#unchecked.add(grant);
        }
      }
    }
    if (problems.length > 0) throw new ConnectorConfigError(problems);
  }

  #scheduleAll(sql: Sql, { id, version, about: { grant, key } }: Rule, cause: string): Promise<void> {
    return this.decisions.scheduleAll(sql, { id, version, grant, key }, cause);
  }

  #readyRules(): string[] {
    return this.rules.rules.filter((rule) => this.#isReady(rule)).map(({ id }) => id);
  }

  #isReady(rule: Rule): boolean {
    return [...rule.sources.values()].every(
      ({ grant }) => this.progressOf(grant).caughtUp && !this.#unchecked.has(grant),
    );
  }
}
