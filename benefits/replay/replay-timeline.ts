import { evaluateRule, type RuleInput } from '../rules/evaluate-rule.js';
import type { Rule, RuleSource } from '../rules/rule.js';
import { earlierDay, type Fact } from '../rules/scope.js';
import type { PastEvent } from '../store/history-table.js';
import type { ReplayedState } from './replay-state.js';

/** Grant and join item → subject → its events. */
export type Feeds = ReadonlyMap<string, ReadonlyMap<string, readonly PastEvent[]>>;

const NO_EVENTS: readonly PastEvent[] = [];

/** The events about one subject, evaluated day by day. */
export class Timeline {
  constructor(
    readonly subject: string,
    private readonly feeds: Feeds,
  ) {}

  static feedOf(grant: string, key: string | undefined): string {
    return key === undefined ? grant : `${grant} ${key}`;
  }

  /** An event belongs to the subject that its join item names, and to those that the record named before. */
  static bySubject(events: readonly PastEvent[], key: string | undefined): Map<string, PastEvent[]> {
    const bySubject = new Map<string, PastEvent[]>();
    const owners = new Map<string, Set<string>>();
    for (const event of events) {
      const subject = key === undefined ? event.record : event.data?.[key];
      const named = owners.get(event.record) ?? new Set<string>();
      if (subject !== undefined) named.add(String(subject));
      owners.set(event.record, named);
      for (const owner of named) bySubject.set(owner, [...(bySubject.get(owner) ?? []), event]);
    }
    return bySubject;
  }

  /** The days on which the outcome of one of the rules can change, with the outcome of each. */
  *walk(
    old: Rule | undefined,
    rule: Rule,
    today: string,
  ): Generator<{ day: string; before: ReplayedState | undefined; after: ReplayedState }> {
    const rules = old ? [old, rule] : [rule];
    const eventDays = [...new Set(rules.flatMap((one) => this.#days(one)))].filter((day) => day <= today).sort();
    let day: string | undefined = eventDays[0];
    while (day !== undefined) {
      const now: string = day;
      const results = rules.map((one) => evaluateRule(one, this.#inputOf(one, now), now));
      const states = results.map(({ outcome, figures }) => ({ outcome, figures }));
      yield { day: now, before: old ? states[0] : undefined, after: states.at(-1)! };
      const due = results.reduce<string | undefined>((soonest, one) => earlierDay(soonest, one.due), undefined);
      const next: string | undefined = earlierDay(
        due,
        eventDays.find((one) => one > now),
      );
      day = next !== undefined && next <= today ? next : undefined;
    }
  }

  #days(rule: Rule): string[] {
    return [...rule.sources.values()].flatMap((source) => this.#events(source).map(({ day }) => day));
  }

  #events({ grant, key }: RuleSource): readonly PastEvent[] {
    return this.feeds.get(Timeline.feedOf(grant, key))?.get(this.subject) ?? NO_EVENTS;
  }

  /** The facts as of the end of a day. */
  #inputOf(rule: Rule, day: string): RuleInput {
    const records = new Map<string, readonly Fact[]>();
    const gone = new Map<string, Fact>();
    const entries = new Map<string, string>();
    for (const source of rule.sources.values()) {
      const last = new Map<string, Fact>();
      for (const event of this.#events(source)) if (event.day <= day) last.set(event.record, event);
      const { key } = source;
      const existing = [...last.values()]
        .filter(({ data }) => data !== undefined && (key === undefined || String(data[key]) === this.subject))
        .sort((a, b) => a.position - b.position);
      records.set(source.name, source.many ? existing : existing.slice(-1));
      const end = [...last.values()].at(-1);
      if (end && existing.length === 0) gone.set(source.name, end);
      entries.set(source.name, '');
    }
    return { records, gone, entries, notInForce: new Set() };
  }
}
