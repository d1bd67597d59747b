import type { Title } from '../../proto/entry/entry.js';
import { type Day, isItemDay } from './calendar-date.js';
import { decimalOf } from './compile/decimal-math.js';
import type { Check, CompiledValue, Rule } from './rule.js';
import { type EventReference, earlierDay, type Fact, type Scope } from './scope.js';
import type { Value } from './value-type.js';

/** `open`: a grant that the rule needs is not in force, so the rule cannot be evaluated. */
export type Outcome = 'applies' | 'does_not_apply' | 'open';

export interface ConditionResult {
  id: string;
  words: Title;
  met: boolean;
  checks: Check[];
  /** The events that its values were read from. */
  basis: EventReference[];
}

export interface Figures {
  amount?: string;
  per?: string;
  from?: Day;
  until?: Day;
  items: Record<string, Value>;
}

export interface RuleResult {
  outcome: Outcome;
  conditions: ConditionResult[];
  /** Undefined unless the outcome is `applies`. */
  figures: Figures | undefined;
  figuresBasis: EventReference[];
  /** The first later day on which it can change without an event. */
  due: Day | undefined;
}

/** The records of one subject, and the grants that are not in force. */
export interface RuleInput {
  records: ReadonlyMap<string, readonly Fact[]>;
  gone: ReadonlyMap<string, Fact>;
  /** Source → catalog entry, to name events by. */
  entries: ReadonlyMap<string, string>;
  notInForce: ReadonlySet<string>;
}

/** Evaluates a rule about one subject on one day. Pure: the same input gives the same result for ever. */
export function evaluateRule(rule: Rule, input: RuleInput, today: Day): RuleResult {
  const closed = [...rule.sources.values()].filter(({ grant }) => input.notInForce.has(grant));
  if (closed.length > 0) return openResult([...new Set(closed.map(({ grant }) => grant))]);
  const conditions: ConditionResult[] = presenceResults(rule, input);
  let due: Day | undefined;
  for (const { id, words, condition } of rule.conditions) {
    const used = new UsedFacts(rule, input);
    const checks: Check[] = [];
    const { met, stableUntil } = condition.test(used.scope(today), checks);
    conditions.push({ id, words, met, checks, basis: used.basis });
    due = earlierDay(due, stableUntil);
  }
  if (!conditions.every(({ met }) => met))
    return { outcome: 'does_not_apply', conditions, figures: undefined, figuresBasis: [], due: dueDay(due) };
  const used = new UsedFacts(rule, input);
  const { figures, until } = figuresOf(rule, used.scope(today));
  return { outcome: 'applies', conditions, figures, figuresBasis: used.basis, due: dueDay(earlierDay(due, until)) };
}

/** No clock reaches a day that has no four digits for its year. */
const dueDay = (day: Day | undefined): Day | undefined => (day !== undefined && isItemDay(day) ? day : undefined);

function openResult(grants: string[]): RuleResult {
  const conditions = grants.map((grant) => ({
    id: `grant-${grant}`,
    words: { zh: `授权 ${grant} 有效`, en: `grant ${grant} is in force` },
    met: false,
    checks: [],
    basis: [],
  }));
  return { outcome: 'open', conditions, figures: undefined, figuresBasis: [], due: undefined };
}

/** The presence of each record that the rule needs is a condition of its own, so that an explanation names a missing one. */
function presenceResults(rule: Rule, input: RuleInput): ConditionResult[] {
  const needed = [...rule.sources.values()].filter(({ optional }) => !optional);
  return needed.map(({ name }) => {
    const used = new UsedFacts(rule, input);
    const facts = input.records.get(name) ?? [];
    const gone = input.gone.get(name);
    for (const fact of facts) used.record(name, fact);
    if (facts.length === 0 && gone) used.record(name, gone);
    const met = facts.length > 0;
    return {
      id: `record-${name}`,
      words: { zh: `有 ${name} 记录`, en: `there is a record of ${name}` },
      met,
      checks: [{ value: name, found: met, operator: 'exists', against: undefined, met }],
      basis: used.basis,
    };
  });
}

function figuresOf({ outcome }: Rule, scope: Scope): { figures: Figures; until: Day | undefined } {
  const figures: Figures = { items: {} };
  let until: Day | undefined;
  for (const [name, compiled] of outcome.values) {
    const found = compiled.evaluate(scope);
    until = earlierDay(until, found.stableUntil);
    const value = publishable(found.value, compiled);
    if (value !== undefined) figures[name] = name === 'amount' ? decimalOf(value as string | number) : String(value);
  }
  if (outcome.per !== undefined) figures.per = outcome.per;
  for (const [name, compiled] of outcome.items) {
    const found = compiled.evaluate(scope);
    until = earlierDay(until, found.stableUntil);
    const value = publishable(found.value, compiled);
    if (value !== undefined) figures.items[name] = value;
  }
  return { figures, until };
}

/** Leaves out days that an item of type date cannot hold: a day after the last one is how registers write "for ever". */
function publishable(value: Value | undefined, { type }: CompiledValue): Value | undefined {
  if (value === undefined || type.scalar !== 'date') return value;
  if (Array.isArray(value)) return value.filter((day) => isItemDay(String(day)));
  return isItemDay(String(value)) ? value : undefined;
}

/** Records which facts an evaluation reads, each value once. */
class UsedFacts {
  readonly #seen = new Map<string, EventReference>();

  constructor(
    private readonly rule: Rule,
    private readonly input: RuleInput,
  ) {}

  get basis(): EventReference[] {
    return [...this.#seen.values()];
  }

  scope(today: Day): Scope {
    const { records, gone } = this.input;
    return { today, records, gone, recordUse: (source, fact, item, value) => this.record(source, fact, item, value) };
  }

  record(source: string, { position, op }: Fact, item?: string, value?: Value): void {
    const key = `${source} ${position} ${item ?? ''}`;
    if (this.#seen.has(key)) return;
    const grant = this.rule.sources.get(source)!.grant;
    const entry = this.input.entries.get(source) ?? '';
    this.#seen.set(key, {
      source,
      grant,
      entry,
      position,
      op,
      ...(item === undefined ? {} : { item }),
      ...(value === undefined ? {} : { value }),
    });
  }
}
