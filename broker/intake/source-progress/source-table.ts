import { eventStream } from '../../nats/streams.js';
import type { WaitingEvent } from '../queue/waiting-event.js';
import { SourceWatermarks } from './source-watermarks.js';

/** The sources of one partition that give places to their events; their number is bounded by systems times entries. */
export class SourceTable {
  readonly #bySubject = new Map<string, SourceWatermarks>();
  readonly #stream: string;

  constructor(partition: number) {
    this.#stream = eventStream(partition);
  }

  /** Marks are kept from the first event with a place on; undefined for a source that never sent one. */
  of(event: WaitingEvent): SourceWatermarks | undefined {
    const { place, route } = event.fields;
    const { subject, entry, system } = route;
    const found = this.#bySubject.get(subject);
    if (found || !place) return found;
    const made = new SourceWatermarks(entry, system, this.#stream, subject);
    this.#bySubject.set(subject, made);
    return made;
  }

  /** After an interruption nothing in memory is certain. */
  doubtAll(): void {
    for (const source of this.#bySubject.values()) source.isCurrent = false;
  }
}
