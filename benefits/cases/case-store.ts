import { AsyncEvent } from '../../connectors/runtime/async-event.js';
import { ConnectorConfigError } from '../../connectors/runtime/connector-errors.js';
import { quoteIdentifier } from '../../connectors/runtime/postgres-client.js';
import { type FactBatch, FactIntake } from '../facts/fact-intake.js';
import type { RuleSet } from '../rule-set.js';
import type { Rule } from '../rules/rule.js';
import type { Database, Sql } from '../store/database.js';
import { DecisionTable } from '../store/decision-table.js';
import { FactTable } from '../store/fact-table.js';
import { type GrantPosition, GrantProgress } from '../store/grant-progress.js';
import { OutboxTable } from '../store/outbox-table.js';
import { RuleTable } from '../store/rule-table.js';
import { SerialQueue } from '../store/serial-queue.js';
import { createTables } from '../store/tables.js';
import { CaseProcessor } from './case-processor.js';

/** Decided in one transaction; more gains little. */
const DUE_CHUNK = 1_000;

/**
 * Facts, decisions and what is to be told, in one database. Each method is one transaction: after a crash all of an event is
 * there, or nothing of it.
 */
export class CaseStore {
  readonly outbox: OutboxTable;
  readonly decisions: DecisionTable;
  readonly facts: FactTable;
  readonly ruleTable: RuleTable;
  /** Called when there is something to publish. */
  readonly toTell = new AsyncEvent();
  /** Called when decisions are due that the day has not brought. */
  readonly toDecide = new AsyncEvent();
  readonly #places: GrantProgress;
  /** A transaction and what it means for the places belong together. */
  readonly #turns = new SerialQueue();
  /** A transaction has failed, perhaps after its commit: what is known of the places may be old. */
  #isStale = false;
  readonly #casework: CaseProcessor;
  readonly #intake: FactIntake;

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
    this.#places = new GrantProgress(schema);
    const { facts, decisions, outbox } = this;
    this.#casework = new CaseProcessor({ facts, decisions, outbox, places: this.#places });
    this.#intake = new FactIntake({ rules, facts, places: this.#places, casework: this.#casework });
  }

  /** Makes the tables and takes over the rules. Throws ConnectorConfigError when a rule has changed without a new version. */
  static async open(
    database: Database,
    { schemaName, rules, today }: { schemaName: string; rules: RuleSet; today: () => string },
  ): Promise<CaseStore> {
    const store = new CaseStore(database, quoteIdentifier(schemaName), rules, today);
    await database.transaction(async (sql) => {
      await createTables(sql, schemaName);
      await store.#places.load(sql, rules.grants);
      await store.#takeRules(sql);
    });
    store.toDecide.set();
    return store;
  }

  place(grant: string): GrantPosition {
    return this.#places.get(grant);
  }

  /** Stores delivered events as facts with all decisions that follow from them. */
  take(batch: FactBatch): Promise<void> {
    return this.#exclusively(async () => {
      const { place, told } = await this.database.transaction((sql) => this.#intake.take(sql, batch, this.today()));
      this.#places.moved(place);
      if (told > 0) this.toTell.set();
    });
  }

  /** Everything that the grant has delivered so far is stored: from now on its facts may be used. */
  reachedEnd(grant: string): Promise<void> {
    return this.#change(grant, `grant ${grant} is in force`, (before) =>
      before.caughtUp && before.inForce ? undefined : { ...before, caughtUp: true, inForce: true },
    );
  }

  /** The grant is over or suspended: what it has delivered counts no more, and all that stood on it is open again. */
  notInForce(grant: string, code: string): Promise<void> {
    return this.#change(grant, `grant ${grant} is not in force: ${code}`, (before) =>
      before.inForce ? { ...before, inForce: false } : undefined,
    );
  }

  /** The log has begun another life: it is read anew, and until its end the decisions stay as they are. */
  lostLog(grant: string): Promise<void> {
    return this.#exclusively(async () => {
      const place = { ...this.place(grant), log: '', position: 0, caughtUp: false, snapshot: undefined };
      await this.database.transaction((sql) => this.#places.store(sql, place));
      this.#places.moved(place);
    });
  }

  /** Decides all cases whose day has come. Resolves with how many there were. */
  async decideDue(signal?: AbortSignal): Promise<number> {
    let decided = 0;
    while (!signal?.aborted) {
      const { count, told } = await this.#exclusively(() =>
        this.database.transaction((sql) => this.#decideSomeDue(sql)),
      );
      if (told > 0) this.toTell.set();
      decided += count;
      if (count === 0) break;
    }
    return decided;
  }

  #exclusively<T>(work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
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
    await this.database.transaction((sql) => this.#places.load(sql, this.rules.grants));
    this.#isStale = false;
    // A commit whose answer was lost may have left something for both.
    this.toTell.set();
    this.toDecide.set();
  }

  async #decideSomeDue(sql: Sql): Promise<{ count: number; told: number }> {
    const today = this.today();
    const ready = this.rules.rules.filter((rule) => this.#isReady(rule)).map(({ id }) => id);
    const due = await this.decisions.due(sql, ready, today, DUE_CHUNK);
    const docket = new Map<Rule, Set<string>>();
    const causes = new Map<string, string>();
    for (const { rule: id, subject, call } of due) {
      const rule = this.rules.get(id)!;
      docket.set(rule, (docket.get(rule) ?? new Set()).add(subject));
      causes.set(`${id} ${subject}`, call ?? `day ${today}`);
    }
    const told = await this.#casework.decide(sql, docket, today, ({ id }, subject) => causes.get(`${id} ${subject}`)!);
    return { count: due.length, told };
  }

  #change(grant: string, cause: string, change: (before: GrantPosition) => GrantPosition | undefined): Promise<void> {
    return this.#exclusively(async () => {
      const before = this.place(grant);
      const place = change(before);
      if (!place) return;
      await this.database.transaction(async (sql) => {
        await this.#places.store(sql, place);
        if (place.caughtUp && !before.caughtUp) await this.#intake.endFormerLife(sql, place, this.today());
        for (const rule of this.rules.rulesFedBy(grant)) await this.#callAll(sql, rule, cause);
      });
      this.#places.moved(place);
      this.toDecide.set();
    });
  }

  async #takeRules(sql: Sql): Promise<void> {
    const problems: string[] = [];
    for (const rule of this.rules.rules) {
      const became = await this.ruleTable.take(sql, rule.document);
      if (became === 'changed') {
        problems.push(
          `rule ${rule.id} differs from the version ${rule.version} that was used: give it another version`,
        );
      } else if (became === 'new') {
        await this.#callAll(sql, rule, `rule version ${rule.version}`);
      }
    }
    if (problems.length > 0) throw new ConnectorConfigError(problems);
  }

  #callAll(sql: Sql, { id, version, about: { grant, key } }: Rule, cause: string): Promise<void> {
    return this.decisions.callAll(sql, { id, version, grant, key }, cause);
  }

  #isReady(rule: Rule): boolean {
    return [...rule.sources.values()].every(({ grant }) => this.place(grant).caughtUp);
  }
}
