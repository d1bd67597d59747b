import type { RuleInput } from '../rules/evaluate-rule.js';
import type { Rule } from '../rules/rule.js';
import type { Fact } from '../rules/scope.js';
import type { Sql } from '../store/database.js';
import type { FactTable } from '../store/fact-table.js';
import type { GrantStates } from '../store/grant-states.js';

/** The cases to decide: subjects of each rule. */
export type SubjectsByRule = ReadonlyMap<Rule, ReadonlySet<string>>;

/** Facts of many subjects, read by one statement per grant and key instead of one per case. */
export class FactsByRule {
  /** `grant` or `grant item` → subject → facts. */
  readonly #facts = new Map<string, ReadonlyMap<string, Fact | Fact[]>>();

  private constructor(private readonly states: GrantStates) {}

  static async read(sql: Sql, cases: SubjectsByRule, facts: FactTable, states: GrantStates): Promise<FactsByRule> {
    const joined = new FactsByRule(states);
    for (const [key, { grant, item, subjects }] of lookupsOf(cases)) {
      const found =
        item === undefined
          ? await facts.byRecord(sql, grant, [...subjects])
          : await facts.byItem(sql, grant, item, [...subjects]);
      joined.#facts.set(key, found);
    }
    return joined;
  }

  of(rule: Rule, subject: string): RuleInput {
    const records = new Map<string, readonly Fact[]>();
    const gone = new Map<string, Fact>();
    const entries = new Map<string, string>();
    for (const source of rule.sources.values()) {
      const { name, grant, many } = source;
      const found = [this.#facts.get(keyOf(source))?.get(subject) ?? []].flat();
      const existing = found.filter(({ data }) => data !== undefined);
      // A join by an item may find several records for a source with one record: the latest event wins.
      records.set(name, many ? existing : existing.slice(-1));
      const last = found.at(-1);
      if (last && existing.length === 0) gone.set(name, last);
      entries.set(name, this.states.get(grant).entry);
    }
    const notInForce = new Set(
      [...rule.sources.values()].map(({ grant }) => grant).filter((grant) => !this.states.get(grant).inForce),
    );
    return { records, gone, entries, notInForce };
  }
}

interface FactLookup {
  grant: string;
  item: string | undefined;
  subjects: Set<string>;
}

function lookupsOf(cases: SubjectsByRule): Map<string, FactLookup> {
  const wanted = new Map<string, FactLookup>();
  for (const [rule, subjects] of cases) {
    for (const source of rule.sources.values()) {
      const one = wanted.get(keyOf(source)) ?? { grant: source.grant, item: source.key, subjects: new Set<string>() };
      for (const subject of subjects) one.subjects.add(subject);
      wanted.set(keyOf(source), one);
    }
  }
  return wanted;
}

const keyOf = ({ grant, key }: { grant: string; key: string | undefined }): string =>
  key === undefined ? grant : `${grant} ${key}`;
