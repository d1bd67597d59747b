import { sharedTurn } from '../../../proto/async/shared-turns.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import type { LogEvent } from '../../event-log/log-event.js';
import type { PartitionReaders } from '../../event-log/partition-readers.js';
import { LogSegment } from '../../stream/segments/log-segment.js';
import type { LogSegments } from '../../stream/segments/log-segments.js';
import type { GrantSource } from '../../stream/subscriptions/grant-access.js';
import { type EntryLookup, fieldsOf } from '../../stream/views/entry-fields.js';
import type { View } from '../../stream/views/view.js';

export interface NewestFirstDeps {
  segments: Pick<LogSegments, 'read'>;
  readers: Pick<PartitionReaders, 'at'>;
  entries: EntryLookup;
}

/** A compiled grant and the log that it is run over. */
export interface LogView {
  view: View;
  source: GrantSource;
  partition: number;
}

/** Takes the events of stretches of the log: the newest stretch first, in order within each. */
export interface NewestFirstVisitor {
  /** Events of the entry, and time, after which no older stretch is begun. */
  eventsMax: number;
  msMax: number;
  /** An event of the entry, and what the view delivers of it, if anything. */
  onEvent(event: LogEvent, delivered: ProjectedEvent | undefined): void;
  /** The stretch is over; true ends the visit. */
  onStretch(): boolean;
}

/** Positions of the first stretch; each further one is twice as long, up to a bound, since an entry may have few events among them. */
const STRETCH_POSITIONS = 8_192;
const STRETCH_POSITIONS_MAX = 262_144;
/** Between two turns of the event loop. */
const EVENTS_PER_TURN = 64;

/** Runs a view over the log from its end towards its beginning, without delivering anything. */
export class NewestFirst {
  constructor(private readonly deps: NewestFirstDeps) {}

  /** Resolves with false when older events were left out by one of the bounds. */
  async visit(log: LogView, visitor: NewestFirstVisitor): Promise<boolean> {
    const startedAtMs = performance.now();
    let through = this.deps.readers.at(log.partition).head;
    let seen = 0;
    for (let length = STRETCH_POSITIONS; through > 0; length = Math.min(length * 2, STRETCH_POSITIONS_MAX)) {
      const after = Math.max(0, through - length);
      seen += await this.#stretch(log, { after, through, eventsMax: visitor.eventsMax }, visitor);
      through = after;
      if (visitor.onStretch()) return true;
      if (seen >= visitor.eventsMax) return false;
      if (through > 0 && performance.now() - startedAtMs >= visitor.msMax) return false;
    }
    return true;
  }

  /** Resolves with the number of events of the entry in (after, through]. */
  async #stretch(
    { view, source, partition }: LogView,
    { after, through, eventsMax }: { after: number; through: number; eventsMax: number },
    visitor: NewestFirstVisitor,
  ): Promise<number> {
    const { segments, entries } = this.deps;
    const field = fieldsOf(entries, view.entry);
    let seen = 0;
    for (let position = after; position < through && seen < eventsMax; ) {
      const segment = await segments.read({ entry: view.entry, partition, after: position, isForCount: true });
      const within = segment.events.filter((event) => event.position > position && event.position <= through);
      seen += within.length;
      for (let i = 0; i < within.length; i += EVENTS_PER_TURN) {
        const piece = within.slice(i, i + EVENTS_PER_TURN);
        const allowed = new LogSegment(view.entry, position, through, piece).since(source.history.fromMs);
        const delivered = new Map([...allowed.projected(view, field)].map((event) => [event.position, event]));
        for (const event of piece) visitor.onEvent(event, delivered.get(event.position));
        await sharedTurn();
      }
      // A replica that lags has nothing more yet.
      if (segment.through <= position) break;
      position = segment.through;
    }
    return seen;
  }
}
