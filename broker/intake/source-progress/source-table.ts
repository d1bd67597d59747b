import { eventStream } from '../../nats/streams.js';
import type { WaitingEvent } from '../queue/waiting-event.js';
import { RecentPositions } from './recent-positions.js';
import { SourceProgress } from './source-progress.js';

/** Progress of the sources of one partition that send source positions; at most systems times entries of them. */
export class SourceTable {
  readonly #bySubject = new Map<string, SourceProgress>();
  readonly #recent = new RecentPositions();
  readonly #stream: string;

  constructor(partition: number) {
    this.#stream = eventStream(partition);
  }

  /** Progress is kept from the first positioned event on; undefined for a source that never sent one. */
  of(event: WaitingEvent): SourceProgress | undefined {
    const { sourcePosition, route } = event.fields;
    const { subject, entry, system } = route;
    const found = this.#bySubject.get(subject);
    if (found || !sourcePosition) return found;
    const made = new SourceProgress(entry, system, this.#stream, subject, this.#recent);
    this.#bySubject.set(subject, made);
    return made;
  }

  /** After a lost connection nothing in memory is certain. */
  doubtAll(): void {
    this.#recent.clear();
    for (const source of this.#bySubject.values()) source.doubt();
  }
}
