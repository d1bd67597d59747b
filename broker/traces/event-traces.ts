import { createHash, randomBytes } from 'node:crypto';
import { type EventTrace, isSampled, traceInput, traceOfDigest } from '../../proto/event/event-trace.js';
import type { OtlpExporter } from './otlp-exporter.js';
import type { SpanLink } from './span.js';

export interface EventTracesDeps {
  /** Share of the events that are traced, between 0 and 1. */
  sampleRatio: number;
  /** The epoch of a partition's log; undefined while it is being resolved. */
  logOf(partition: number): string | undefined;
  exporter: Pick<OtlpExporter, 'add' | 'drain'>;
}

/** An event in the log. */
export interface TracedEvent {
  entry: string;
  partition: number;
  position: number;
}

export interface AcceptedEvent extends TracedEvent {
  op: string;
  /** When it arrived, in Unix time. */
  arrivedAtMs: number;
  /** The trace in which its source published it. */
  sourceTrace: SpanLink | undefined;
}

const SPAN_BYTES = 8;

/**
 * Spans of the sampled events. The ids of an event's trace follow from where it is in the log, so that broker, workers and
 * subscribers find the same trace without a word between them; a source's own trace is linked, because its sampling and
 * its ids are not the bus's to trust.
 */
export class EventTraces {
  constructor(private readonly deps: EventTracesDeps) {}

  /** From arrival to the answer of the store. */
  accepted({ op, arrivedAtMs, sourceTrace, ...event }: AcceptedEvent): void {
    const trace = this.sampled(event);
    if (!trace) return;
    this.deps.exporter.add({
      ...trace,
      name: 'sluice.accept',
      startMs: arrivedAtMs,
      endMs: Date.now(),
      attributes: { ...attributesOf(event), 'sluice.op': op },
      link: sourceTrace,
    });
  }

  /** From acceptance to the hand-over to all live subscribers. */
  delivered(event: TracedEvent, acceptedAtMs: number): void {
    const trace = this.sampled(event);
    if (!trace) return;
    this.deps.exporter.add({
      traceId: trace.traceId,
      spanId: randomBytes(SPAN_BYTES).toString('hex'),
      parentSpanId: trace.spanId,
      name: 'sluice.deliver',
      startMs: acceptedAtMs,
      endMs: Date.now(),
      attributes: attributesOf(event),
    });
  }

  /** The trace of an event that is traced; undefined for the others. */
  sampled({ entry, partition, position }: TracedEvent): EventTrace | undefined {
    const log = this.deps.logOf(partition);
    if (log === undefined) return undefined;
    const digest = createHash('sha256')
      .update(traceInput(entry, log, position))
      .digest('hex');
    const trace = traceOfDigest(digest);
    return isSampled(trace, this.deps.sampleRatio) ? trace : undefined;
  }

  drain(): Promise<void> {
    return this.deps.exporter.drain();
  }
}

const attributesOf = ({ entry, partition, position }: TracedEvent) => ({
  'sluice.entry': entry,
  'sluice.partition': partition,
  'sluice.position': position,
});
