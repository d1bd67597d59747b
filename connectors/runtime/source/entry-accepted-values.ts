import { type EntryVersion, identifierOf } from '../../../proto/entry/entry.js';
import type { SourceEvent } from '../../../proto/event/event.js';
import type { PublishResult } from '../../../proto/frames/frames.js';
import type { AcceptedValues } from './accepted-values.js';
import { amendedEvent, isLaterThan, type PreviousImage } from './amended-event.js';
import type { EncodedEvent } from './encoded-batch.js';

export interface EntryAcceptedValuesDeps {
  /** The entry as published now; waits for as long as the bus is away, and is undefined when the signal came first. */
  published(entry: string): Promise<EntryVersion | undefined>;
  /** The values remembered for a record are none that the bus takes, and are given up. */
  unusable(entry: string, eventId: string): void;
}

/** Events as they are to be sent, and those among them that the source gave other former values. */
export interface Prepared {
  texts: string[];
  amended: Set<EncodedEvent>;
}

export type KnownAcceptedValues = ReadonlyMap<EncodedEvent, PreviousImage | undefined>;

const NONE: ReadonlySet<EncodedEvent> = new Set();

/** How the events of one entry are sent while the bus has refused changes of some of its records. */
export class EntryAcceptedValues {
  /** Undefined until it was needed. */
  #schema: { identifier: string; filterable: string[] } | undefined;

  constructor(
    private readonly entry: string,
    private readonly values: AcceptedValues,
    private readonly deps: EntryAcceptedValuesDeps,
  ) {}

  /** Whether one of them is about a remembered record, or may be. */
  concerns(events: readonly EncodedEvent[]): boolean {
    const records = this.values.of(this.entry);
    if (!records) return false;
    if (!this.#schema && events.some(({ subject }) => subject === undefined)) return true;
    return events.some((event) => records.has(this.subjectOf(event)));
  }

  /** Of each remembered record the next change starts from what the bus has; those behind it start from that change. */
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

  /** Asked at each refusal: a new version of the entry may have filterable items where there were none. */
  async loadSchema(): Promise<void> {
    const version = await this.deps.published(this.entry);
    if (!version) return;
    const filterable = version.items.filter((item) => item.filterable).map(({ name }) => name);
    this.#schema = { identifier: identifierOf(version).name, filterable };
  }

  /** What is remembered of the events' records now, to judge by it what their answers mean. */
  known(events: readonly EncodedEvent[]): KnownAcceptedValues {
    const records = this.values.of(this.entry);
    return new Map(events.map((event) => [event, records?.get(this.subjectOf(event))]));
  }

  /** Resolves when it is on disk what the bus has of their records: they may go to quarantine then. */
  async refused(events: readonly EncodedEvent[]): Promise<void> {
    if (events.length === 0) return;
    if (!this.#schema) await this.loadSchema();
    const filterable = this.#schema?.filterable ?? [];
    // Then nobody has chosen rows that a record could leave.
    if (filterable.length === 0) return;
    for (const event of events) {
      const subject = this.subjectOf(event);
      if (subject !== '') this.values.refused(this.entry, subject, withPreviousOf(event.text, filterable));
    }
    await this.values.save();
  }

  /**
   * What the bus has stored is what it has from now on. A duplicate was stored, unless it is known as refused, or stands before one
   * that is: by `known` for an event that would be refused now and has been remembered for that already.
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

  /** Empty for an event that names no record. */
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

/** A source may state the whole former row; ten thousand of them would not be little. */
function withPreviousOf(text: string, names: readonly string[]): SourceEvent {
  const event = JSON.parse(text) as SourceEvent;
  const { previous } = event;
  if (!previous || typeof previous !== 'object') return event;
  const kept = names.filter((name) => Object.hasOwn(previous, name)).map((name) => [name, previous[name]]);
  return { ...event, previous: Object.fromEntries(kept) };
}
