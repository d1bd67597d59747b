import type { Rule, RuleSource } from './rules/rule.js';

/** One source of one rule, as fed by a grant. */
export interface RuleFeed {
  rule: Rule;
  source: RuleSource;
}

/** All rules of a check, indexed by id and by grant. */
export class RuleSet {
  readonly #byId: ReadonlyMap<string, Rule>;
  readonly #byGrant = new Map<string, RuleFeed[]>();
  /** Grant → items by which its records are joined to subjects, besides the record's own key. */
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

  feedsOf(grant: string): readonly RuleFeed[] {
    return this.#byGrant.get(grant) ?? [];
  }

  rulesFedBy(grant: string): Rule[] {
    return [...new Set(this.feedsOf(grant).map(({ rule }) => rule))];
  }

  #add(rule: Rule, source: RuleSource): void {
    this.#byGrant.set(source.grant, [...this.feedsOf(source.grant), { rule, source }]);
    if (source.key === undefined) return;
    this.joinItems.set(source.grant, (this.joinItems.get(source.grant) ?? new Set()).add(source.key));
  }
}
