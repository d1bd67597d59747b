import type { Title } from '../../proto/entry/entry.js';
import type { Day } from './calendar-date.js';
import { decimalOf } from './compile/decimal-math.js';
import type { Check, Rule } from './rule.js';
import { type Basis, earlier, type Fact, type Scope } from './scope.js';
import type { Value } from './value-type.js';

/** `open`: a grant that the rule needs is not in force, so nothing can be said. */
export type Outcome = 'applies' | 'does_not_apply' | 'open';

export interface Finding {
  id: string;
  words: Title;
  met: boolean;
  checks: Check[];
  /** The events that its values come from. */
  basis: Basis[];
}

export interface Figures {
  amount?: string;
  per?: string;
  from?: Day;
  until?: Day;
  items: Record<string, Value>;
}

export interface Verdict {
  outcome: Outcome;
  conditions: Finding[];
  /** Only when it applies. */
  figures: Figures | undefined;
  figuresBasis: Basis[];
  /** The first later day on which it can come out differently with no event. */
  due: Day | undefined;
}

/** The records of one subject, and which of the rule's grants are not in force. */
export interface JoinedRecord {
  records: ReadonlyMap<string, readonly Fact[]>;
  gone: ReadonlyMap<string, Fact>;
  /** Source → catalog entry, to name events by. */
  entries: ReadonlyMap<string, string>;
  notInForce: ReadonlySet<string>;
}

/** What a rule says about one subject on one day. The same input gives the same verdict, for ever. */
export function judge(rule: Rule, joined: JoinedRecord, today: Day): Verdict {
  const closed = [...rule.sources.values()].filter(({ grant }) => joined.notInForce.has(grant));
  if (closed.length > 0) return openVerdict([...new Set(closed.map(({ grant }) => grant))]);
  const conditions: Finding[] = presenceFindings(rule, joined);
  let due: Day | undefined;
  for (const { id, words, condition } of rule.conditions) {
    const notes = new Notes(rule, joined);
    const checks: Check[] = [];
    const { met, until } = condition.test(notes.scope(today), checks);
    conditions.push({ id, words, met, checks, basis: notes.basis });
    due = earlier(due, until);
  }
  if (!conditions.every(({ met }) => met))
    return { outcome: 'does_not_apply', conditions, figures: undefined, figuresBasis: [], due };
  const notes = new Notes(rule, joined);
  const { figures, until } = figuresOf(rule, notes.scope(today));
  return { outcome: 'applies', conditions, figures, figuresBasis: notes.basis, due: earlier(due, until) };
}

function openVerdict(grants: string[]): Verdict {
  const conditions = grants.map((grant) => ({
    id: `grant-${grant}`,
    words: { zh: `授权 ${grant} 有效`, en: `grant ${grant} is in force` },
    met: false,
    checks: [],
    basis: [],
  }));
  return { outcome: 'open', conditions, figures: undefined, figuresBasis: [], due: undefined };
}

/** A record that a rule needs and that is not there is a condition of its own, which everybody understands. */
function presenceFindings(rule: Rule, joined: JoinedRecord): Finding[] {
  const needed = [...rule.sources.values()].filter(({ optional }) => !optional);
  return needed.map(({ name }) => {
    const notes = new Notes(rule, joined);
    const facts = joined.records.get(name) ?? [];
    const gone = joined.gone.get(name);
    for (const fact of facts) notes.note(name, fact);
    if (facts.length === 0 && gone) notes.note(name, gone);
    const met = facts.length > 0;
    return {
      id: `record-${name}`,
      words: { zh: `有 ${name} 记录`, en: `there is a record of ${name}` },
      met,
      checks: [{ value: name, found: met, operator: 'exists', against: undefined, met }],
      basis: notes.basis,
    };
  });
}

function figuresOf({ outcome }: Rule, scope: Scope): { figures: Figures; until: Day | undefined } {
  const figures: Figures = { items: {} };
  let until: Day | undefined;
  for (const [name, compiled] of outcome.values) {
    const found = compiled.evaluate(scope);
    until = earlier(until, found.until);
    if (found.value !== undefined)
      figures[name] = name === 'amount' ? decimalOf(found.value as string | number) : String(found.value);
  }
  if (outcome.per !== undefined) figures.per = outcome.per;
  for (const [name, compiled] of outcome.items) {
    const found = compiled.evaluate(scope);
    until = earlier(until, found.until);
    if (found.value !== undefined) figures.items[name] = found.value;
  }
  return { figures, until };
}

/** Collects what an evaluation reads, each value once. */
class Notes {
  readonly #seen = new Map<string, Basis>();

  constructor(
    private readonly rule: Rule,
    private readonly joined: JoinedRecord,
  ) {}

  get basis(): Basis[] {
    return [...this.#seen.values()];
  }

  scope(today: Day): Scope {
    const { records, gone } = this.joined;
    return { today, records, gone, noteUse: (source, fact, item, value) => this.note(source, fact, item, value) };
  }

  note(source: string, { position, op }: Fact, item?: string, value?: Value): void {
    const key = `${source} ${position} ${item ?? ''}`;
    if (this.#seen.has(key)) return;
    const grant = this.rule.sources.get(source)!.grant;
    const entry = this.joined.entries.get(source) ?? '';
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
