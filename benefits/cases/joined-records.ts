import type { Rule } from '../rules/rule.js';
import type { Fact } from '../rules/scope.js';
import type { JoinedRecord } from '../rules/verdict.js';
import type { Sql } from '../store/database.js';
import type { FactTable } from '../store/fact-table.js';
import type { GrantProgress } from '../store/grant-progress.js';

/** Subjects of one rule. */
export type Docket = ReadonlyMap<Rule, ReadonlySet<string>>;

/** Reads the facts of many subjects at once: one statement for each grant and key. */
export class JoinedRecords {
  /** `grant` or `grant item` → subject → facts. */
  readonly #facts = new Map<string, ReadonlyMap<string, Fact | Fact[]>>();

  private constructor(private readonly places: GrantProgress) {}

  static async read(sql: Sql, docket: Docket, facts: FactTable, places: GrantProgress): Promise<JoinedRecords> {
    const joined = new JoinedRecords(places);
    for (const [key, { grant, item, subjects }] of wantedOf(docket)) {
      const found =
        item === undefined
          ? await facts.byRecord(sql, grant, [...subjects])
          : await facts.byItem(sql, grant, item, [...subjects]);
      joined.#facts.set(key, found);
    }
    return joined;
  }

  of(rule: Rule, subject: string): JoinedRecord {
    const records = new Map<string, readonly Fact[]>();
    const gone = new Map<string, Fact>();
    const entries = new Map<string, string>();
    for (const source of rule.sources.values()) {
      const { name, grant, many } = source;
      const found = [this.#facts.get(keyOf(source))?.get(subject) ?? []].flat();
      const existing = found.filter(({ data }) => data !== undefined);
      // By an item several records can belong to one subject: the one that was told last counts.
      records.set(name, many ? existing : existing.slice(-1));
      const last = found.at(-1);
      if (last && existing.length === 0) gone.set(name, last);
      entries.set(name, this.places.get(grant).entry);
    }
    const notInForce = new Set(
      [...rule.sources.values()].map(({ grant }) => grant).filter((grant) => !this.places.get(grant).inForce),
    );
    return { records, gone, entries, notInForce };
  }
}

interface Wanted {
  grant: string;
  item: string | undefined;
  subjects: Set<string>;
}

function wantedOf(docket: Docket): Map<string, Wanted> {
  const wanted = new Map<string, Wanted>();
  for (const [rule, subjects] of docket) {
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
