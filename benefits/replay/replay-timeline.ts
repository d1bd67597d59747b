import type { Rule, RuleSource } from '../rules/rule.js';
import { earlier, type Fact } from '../rules/scope.js';
import { type JoinedRecord, judge } from '../rules/verdict.js';
import type { PastEvent } from '../store/history-table.js';
import type { ReplayedState } from './replay-state.js';

/** Feed (grant and key) → subject → its events. */
export type Feeds = ReadonlyMap<string, ReadonlyMap<string, readonly PastEvent[]>>;

const NOBODY: readonly PastEvent[] = [];

/** What came about one subject, walked through day by day. */
export class Timeline {
  constructor(
    readonly subject: string,
    private readonly feeds: Feeds,
  ) {}

  static feedOf(grant: string, key: string | undefined): string {
    return key === undefined ? grant : `${grant} ${key}`;
  }

  /** An event belongs to the subject whose key it holds, and to the one that the record had before. */
  static bySubject(events: readonly PastEvent[], key: string | undefined): Map<string, PastEvent[]> {
    const bySubject = new Map<string, PastEvent[]>();
    const owners = new Map<string, Set<string>>();
    for (const event of events) {
      const subject = key === undefined ? event.record : event.data?.[key];
      const of = owners.get(event.record) ?? new Set<string>();
      if (subject !== undefined) of.add(String(subject));
      owners.set(event.record, of);
      for (const owner of of) bySubject.set(owner, [...(bySubject.get(owner) ?? []), event]);
    }
    return bySubject;
  }

  /** The days on which one of the rules can come out differently than before, with what each comes to. */
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
      const verdicts = rules.map((one) => judge(one, this.#record(one, now), now));
      const states = verdicts.map(({ outcome, figures }) => ({ outcome, figures }));
      yield { day: now, before: old ? states[0] : undefined, after: states.at(-1)! };
      const due = verdicts.reduce<string | undefined>((soonest, one) => earlier(soonest, one.due), undefined);
      const next: string | undefined = earlier(
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
    return this.feeds.get(Timeline.feedOf(grant, key))?.get(this.subject) ?? NOBODY;
  }

  /** As it stood at the end of a day. */
  #record(rule: Rule, day: string): JoinedRecord {
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
