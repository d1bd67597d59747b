/** One attribute of a span: ids and numbers of the bus, never anything that a source chose freely. */
export type SpanAttributes = Readonly<Record<string, string | number>>;

/** A span of another trace that this one belongs to. */
export interface SpanLink {
  traceId: string;
  spanId: string;
  tracestate?: string | undefined;
}

export interface Span {
  traceId: string;
  spanId: string;
  parentSpanId?: string | undefined;
  name: string;
  /** Unix times in milliseconds. */
  startMs: number;
  endMs: number;
  attributes: SpanAttributes;
  link?: SpanLink | undefined;
}
