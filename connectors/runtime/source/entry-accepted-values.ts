import { type EntryVersion, identifierOf } from '../../../proto/entry/entry.js';
import type { SourceEvent } from '../../../proto/event/event.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { AcceptedValues } from './accepted-values.js';
import { amendedEvent, isLaterThan, type PreviousImage } from './amended-event.js';
import type { EncodedEvent } from './encoded-batch.js';

export interface EntryAcceptedValuesDeps {
  /** The published entry. Retries while the bus is unreachable; undefined when the signal was aborted first. */
  published(entry: string): Promise<EntryVersion | undefined>;
  /** The bus refuses the values kept for a record, and they are dropped. */
  unusable(entry: string, eventId: string): void;
}

/** Events as they are sent, and those whose previous image differs from what the source gave. */
export interface Prepared {
  texts: string[];
  amended: Set<EncodedEvent>;
}

export type KnownAcceptedValues = ReadonlyMap<EncodedEvent, PreviousImage | undefined>;

const NONE: ReadonlySet<EncodedEvent> = new Set();

/**
 * Amends the events of one entry while the bus has refused changes of some of its records. A source states its own previous
 * values, which the bus refused; a subscriber whose rows matched the accepted ones would never be told that the record leaves.
 * The broker keeps no records and cannot know better, so the previous image is replaced here.
 *
 * Invariants: only the first change behind a refused one is amended; values are on disk before the refused event goes to
 * quarantine; a `duplicate` at or before the refused position counts as refused. See docs/decisions/0021.
 */
export class EntryAcceptedValues {
  /** Undefined until it is needed. */
  #schema: { identifier: string; filterable: string[] } | undefined;

  constructor(
    private readonly entry: string,
    private readonly values: AcceptedValues,
    private readonly deps: EntryAcceptedValuesDeps,
  ) {}

  /** True when one of the events concerns a record with kept values, or may do so. */
  concerns(events: readonly EncodedEvent[]): boolean {
    const records = this.values.of(this.entry);
    if (!records) return false;
    if (!this.#schema && events.some(({ subject }) => subject === undefined)) return true;
    return events.some((event) => records.has(this.subjectOf(event)));
  }

  /** Amends the next change of each record with kept values; the changes behind it start from that one. */
  async prepare(events: readonly EncodedEvent[], unamended: ReadonlySet<EncodedEvent> = NONE): Promise<Prepared> {
    const amended = new Set<EncodedEvent>();
    const records = this.values.of(this.entry);
    if (!records) return { texts: events.map(({ text }) => text), amended };
    if (!this.#schema && events.some(({ subject }) => subject === undefined)) await this.loadSchema();
    const amendedSubjects = new Set<string>();
    const texts = events.map((event) => {
      const subject = this.subjectOf(event);
      const image = amendedSubjects.has(subject) ? undefined : records.get(subject);
      if (!image) return event.text;
      const parsed = JSON.parse(event.text) as SourceEvent;
      if (!isLaterThan(parsed, image)) return event.text;
      amendedSubjects.add(subject);
      if (unamended.has(event)) return event.text;
      const text = JSON.stringify(amendedEvent(parsed, image));
      if (text !== event.text) amended.add(event);
      return text;
    });
    return { texts, amended };
  }

  /** Called at each refusal, because a new version of the entry may have made items filterable. */
  async loadSchema(): Promise<void> {
    const version = await this.deps.published(this.entry);
    if (!version) return;
    const filterable = version.items.filter((item) => item.filterable).map(({ name }) => name);
    this.#schema = { identifier: identifierOf(version).name, filterable };
  }

  /** The values kept for the records of these events now, by which their answers are interpreted later. */
  known(events: readonly EncodedEvent[]): KnownAcceptedValues {
    const records = this.values.of(this.entry);
    return new Map(events.map((event) => [event, records?.get(this.subjectOf(event))]));
  }

  /** Resolves once the last accepted values of their records are on disk; only then may the events go to quarantine. */
  async refused(events: readonly EncodedEvent[]): Promise<void> {
    if (events.length === 0) return;
    if (!this.#schema) await this.loadSchema();
    const filterable = this.#schema?.filterable ?? [];
    // Without filterable items no subscriber has selected rows that a record could leave.
    if (filterable.length === 0) return;
    for (const event of events) {
      const subject = this.subjectOf(event);
      if (subject !== '') this.values.refused(this.entry, subject, withPreviousOf(event.text, filterable));
    }
    await this.values.save();
  }

  /**
   * Drops the kept values of a stored event. A duplicate counts as stored unless it is at or before the refused position; `known`
   * gives that position as it was before the event itself was recorded as refused.
   */
  answered(event: EncodedEvent, { duplicate }: PublishResult, known?: KnownAcceptedValues): void {
    const records = this.values.of(this.entry);
    if (!records) return;
    const subject = this.subjectOf(event);
    if (!records.has(subject)) return;
    const image = known?.has(event) ? known.get(event) : records.get(subject);
    if (duplicate && image && !isLaterThan(JSON.parse(event.text) as SourceEvent, image)) return;
    this.values.forget(this.entry, subject);
  }

  unusable(event: EncodedEvent): void {
    this.values.forget(this.entry, this.subjectOf(event));
    this.deps.unusable(this.entry, event.id);
  }

  /** Empty when the event names no record. */
  subjectOf(event: EncodedEvent): string {
    if (event.subject === undefined && this.#schema) event.subject = subjectIn(event.text, this.#schema.identifier);
    return event.subject ?? '';
  }
}

function subjectIn(text: string, identifier: string): string {
  const { data } = JSON.parse(text) as SourceEvent;
  const key = data?.[identifier];
  return key === undefined || key === null ? '' : String(key);
}

/** Reduces `previous` to the filterable items: a source may state whole rows, and ten thousand are kept. */
function withPreviousOf(text: string, names: readonly string[]): SourceEvent {
  const event = JSON.parse(text) as SourceEvent;
  const { previous } = event;
  if (!previous || typeof previous !== 'object') return event;
  const kept = names.filter((name) => Object.hasOwn(previous, name)).map((name) => [name, previous[name]]);
  return { ...event, previous: Object.fromEntries(kept) };
}
