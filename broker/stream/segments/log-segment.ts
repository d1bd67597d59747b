import type { ItemField } from '../../../proto/entry/item-field.js';
import type { EventEncoder, ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import type { LogEvent } from '../../event-log/log-event.js';
import type { EventsBatch } from '../live/channel.js';
import { deliveredOp } from '../views/delivered-op.js';
import { filterCodec, filterValues } from '../views/entry-views.js';
import type { View } from '../views/view.js';
import { encodeRuns } from './encode-runs.js';
import type { ChannelEncoding, EncodedRun } from './encoded-run.js';

/** A view and the channel that a segment is encoded for. */
export interface ChannelView extends ChannelEncoding {
  view: View;
  field: (name: string) => ItemField;
}

/**
 * One entry's events with positions in (after, through]. Its encoded form is made once per view and encoding and shared by
 * all subscriptions that read the segment.
 */
export class LogSegment {
  /** With its encoded forms. */
  bytes: number;
  readonly eventBytes: number;
  readonly #encoded = new Map<EventEncoder, EncodedRun[]>();
  readonly #since = new Map<number, LogSegment>();

  constructor(
    readonly entry: string,
    readonly after: number,
    readonly through: number,
    readonly events: readonly LogEvent[],
  ) {
    this.eventBytes = events.reduce((sum, event) => sum + event.size, 0);
    this.bytes = this.eventBytes;
  }

  /** Whether the frames of a channel are made already. */
  isEncodedFor({ encoder }: ChannelView): boolean {
    return this.#encoded.has(encoder);
  }

  /** Yields the events that a view delivers. */
  *projected(view: View, field: (name: string) => ItemField): Generator<ProjectedEvent> {
    const codec = filterCodec([view], field);
    for (const { position, event } of this.events) {
      const values = filterValues(event, codec);
      const op = deliveredOp(event.op, view.filter.matches(values.before), view.filter.matches(values.now));
      if (op) yield view.project(position, event, op);
    }
  }

  /** The same segment without the events accepted before a time. */
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
   * The next frame of at most `max` events after a position; undefined when the segment holds none for this view.
   * `encoded` is called with the bytes that encoding has added to the segment.
   */
  batchAfter(
    after: number,
    max: number,
    channel: ChannelView,
    encoded: (bytes: number) => void,
  ): EventsBatch | undefined {
    for (const run of this.#runs(channel, encoded)) {
      const batch = run.batchAfter(after, max);
      if (batch) return batch;
    }
    return undefined;
  }

  #runs(channel: ChannelView, encoded: (bytes: number) => void): EncodedRun[] {
    const known = this.#encoded.get(channel.encoder);
    if (known) return known;
    const runs = encodeRuns(this.projected(channel.view, channel.field), channel, this.through);
    this.#encoded.set(channel.encoder, runs);
    encoded(runs.reduce((sum, run) => sum + run.bytes, 0));
    return runs;
  }
}
