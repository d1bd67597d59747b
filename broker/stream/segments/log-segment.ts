import type { ItemField } from '../../../proto/entry/item-field.js';
import type { EventEncoder, ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import type { LogEvent } from '../../event-log/log-event.js';
import type { EventsBatch } from '../live/channel.js';
import { deliveredOp } from '../views/delivered-op.js';
import { filterCodec, filterValues } from '../views/entry-views.js';
import type { View } from '../views/view.js';
import { encodeRuns } from './encode-runs.js';
import type { ChannelEncoding, EncodedRun } from './encoded-run.js';

/** Who reads: a view, and how it is encoded on which channel number. */
export interface ChannelView extends ChannelEncoding {
  view: View;
  field: (name: string) => ItemField;
}

/** A stretch of one entry's log: its events with positions in (after, through]. What a view gets of it is encoded once. */
export class LogSegment {
  bytes: number;
  readonly #encoded = new Map<EventEncoder, EncodedRun[]>();
  readonly #since = new Map<number, LogSegment>();

  constructor(
    readonly entry: string,
    readonly after: number,
    readonly through: number,
    readonly events: readonly LogEvent[],
  ) {
    this.bytes = events.reduce((sum, event) => sum + event.bytes.length, 0);
  }

  /** The events that a view gets, projected one by one. */
  *projected(view: View, field: (name: string) => ItemField): Generator<ProjectedEvent> {
    const codec = filterCodec([view], field);
    for (const { position, event } of this.events) {
      const values = filterValues(event, codec);
      const op = deliveredOp(event.op, view.filter.matches(values.before), view.filter.matches(values.now));
      if (op) yield view.project(position, event, op);
    }
  }

  /** The same stretch without what was accepted before a time. */
  since(timeMs: number): LogSegment {
    if (timeMs <= 0) return this;
    let since = this.#since.get(timeMs);
    if (!since) {
      const events = this.events.filter(({ event }) => event.acceptedAtMs >= timeMs);
      const isAll = events.length === this.events.length;
      since = isAll ? this : new LogSegment(this.entry, this.after, this.through, events);
      this.#since.set(timeMs, since);
    }
    return since;
  }

  /**
   * The next frame for a reader that has everything up to `after`, of at most `max` events; undefined when nothing of the
   * segment is left for it. `grew` is told how many bytes encoding has added.
   */
  batchAfter(after: number, max: number, reader: ChannelView, grew: (bytes: number) => void): EventsBatch | undefined {
    for (const run of this.#runs(reader, grew)) {
      const batch = run.batchAfter(after, max);
      if (batch) return batch;
    }
    return undefined;
  }

  #runs(reader: ChannelView, grew: (bytes: number) => void): EncodedRun[] {
    const known = this.#encoded.get(reader.encoder);
    if (known) return known;
    const runs = encodeRuns(this.projected(reader.view, reader.field), reader, this.through);
    this.#encoded.set(reader.encoder, runs);
    grew(runs.reduce((sum, run) => sum + run.bytes, 0));
    return runs;
  }
}
