import type { TraceMetrics } from '../metrics/trace-metrics.js';
import { VERSION } from '../version.js';
import type { Span, SpanAttributes } from './span.js';

export interface OtlpExporterOptions {
  /** Base address of an OTLP receiver; spans go to `/v1/traces` below it. */
  url: string;
  metrics: TraceMetrics;
  /** Reports a receiver that does not take spans; texts hold neither spans nor credentials. */
  warn(message: string, error?: unknown): void;
}

/** Beyond these spans are dropped: a receiver that is away must not fill memory. */
const WAITING_SPANS_MAX = 4_096;
const BATCH_SPANS_MAX = 512;
const EXPORT_INTERVAL_MS = 2_000;
const ANSWER_MS_MAX = 5_000;
const WARN_INTERVAL_MS = 60_000;
const KIND_INTERNAL = 1;

/** Sends spans as OTLP over HTTP in JSON, a batch at a time. Decision: docs/decisions/0116. */
export class OtlpExporter {
  readonly #address: string;
  #waiting: Span[] = [];
  #timer: NodeJS.Timeout | undefined;
  #sending: Promise<void> | undefined;
  #isDraining = false;
  #warnedAtMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly options: OtlpExporterOptions) {
    this.#address = `${options.url.replace(/\/+$/, '')}/v1/traces`;
  }

  add(span: Span): void {
    if (this.#waiting.length >= WAITING_SPANS_MAX) {
      this.options.metrics.spansDropped(1);
      return;
    }
    this.#waiting.push(span);
    this.#timer ??= setTimeout(() => void this.#flush(), EXPORT_INTERVAL_MS).unref();
  }

  /** Sends what is waiting, until the receiver does not take a batch: the rest is dropped. */
  async drain(): Promise<void> {
    this.#isDraining = true;
    await this.#sending;
    await this.#flush();
  }

  async #flush(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#sendAll().finally(() => {
      this.#sending = undefined;
    });
    await this.#sending;
  }

  async #sendAll(): Promise<void> {
    while (this.#waiting.length > 0) await this.#send(this.#waiting.splice(0, BATCH_SPANS_MAX));
  }

  async #send(spans: readonly Span[]): Promise<void> {
    const { metrics, warn } = this.options;
    try {
      const answer = await fetch(this.#address, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(requestOf(spans)),
        signal: AbortSignal.timeout(ANSWER_MS_MAX),
        redirect: 'error',
      });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`it answered ${answer.status}`);
      metrics.spansExported(spans.length);
    } catch (error) {
      metrics.spansDropped(spans.length + (this.#isDraining ? this.#waiting.splice(0).length : 0));
      if (performance.now() - this.#warnedAtMs < WARN_INTERVAL_MS) return;
      this.#warnedAtMs = performance.now();
      warn('the trace store takes no spans, they are dropped: check traces.otlpUrl', error);
    }
  }
}

function requestOf(spans: readonly Span[]): object {
  const resource = { attributes: attributesOf({ 'service.name': 'sluice', 'service.version': VERSION }) };
  return { resourceSpans: [{ resource, scopeSpans: [{ scope: { name: 'sluice' }, spans: spans.map(jsonOf) }] }] };
}

/** OTLP's JSON has ids in hexadecimal and 64-bit numbers as strings. */
function jsonOf({ traceId, spanId, parentSpanId, name, startMs, endMs, attributes, link }: Span): object {
  return {
    traceId,
    spanId,
    ...(parentSpanId && { parentSpanId }),
    name,
    kind: KIND_INTERNAL,
    startTimeUnixNano: nanos(startMs),
    endTimeUnixNano: nanos(Math.max(startMs, endMs)),
    attributes: attributesOf(attributes),
    ...(link && {
      links: [{ traceId: link.traceId, spanId: link.spanId, ...(link.tracestate && { traceState: link.tracestate }) }],
    }),
  };
}

const nanos = (ms: number): string => `${Math.trunc(ms)}000000`;

const attributesOf = (attributes: SpanAttributes): object[] =>
  Object.entries(attributes).map(([key, value]) => ({
    key,
    value: typeof value === 'number' ? { intValue: String(value) } : { stringValue: value },
  }));
