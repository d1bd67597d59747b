import type { Rule, RuleSource } from './rules/rule.js';

/** A rule's source that a grant feeds. */
export interface FedSource {
  rule: Rule;
  source: RuleSource;
}

/** All rules of a check, by what feeds them. */
export class RuleSet {
  readonly #byId: ReadonlyMap<string, Rule>;
  readonly #byGrant = new Map<string, FedSource[]>();
  /** Grant → items other than the record's key by which records are found. */
  readonly joinItems = new Map<string, Set<string>>();

  constructor(readonly rules: readonly Rule[]) {
    this.#byId = new Map(rules.map((rule) => [rule.id, rule]));
    for (const rule of rules) for (const source of rule.sources.values()) this.#add(rule, source);
  }

  get grants(): string[] {
    return [...this.#byGrant.keys()];
  }

  get(id: string): Rule | undefined {
    return this.#byId.get(id);
  }

  fedBy(grant: string): readonly FedSource[] {
    return this.#byGrant.get(grant) ?? [];
  }

  rulesFedBy(grant: string): Rule[] {
    return [...new Set(this.fedBy(grant).map(({ rule }) => rule))];
  }

  #add(rule: Rule, source: RuleSource): void {
    this.#byGrant.set(source.grant, [...this.fedBy(source.grant), { rule, source }]);
    if (source.key === undefined) return;
    this.joinItems.set(source.grant, (this.joinItems.get(source.grant) ?? new Set()).add(source.key));
  }
}
