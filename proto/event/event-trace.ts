/** The ids under which everything that happens to an event is traced, as hexadecimal digits. */
export interface EventTrace {
  traceId: string;
  /** Id of the span of its acceptance, the parent of all others. */
  spanId: string;
}

/** Text whose SHA-256 digest gives the ids, in UTF-8. The version changes when the way of making them does. */
export const traceInput = (entry: string, log: string, position: number): string =>
  `sluice-trace/1 ${entry} ${log} ${position}`;

const TRACE_DIGITS = 32;
const SPAN_DIGITS = 16;

/** Cuts the ids out of the digest in hexadecimal: the first 16 bytes, and the 8 after them. */
export const traceOfDigest = (digest: string): EventTrace => ({
  traceId: digest.slice(0, TRACE_DIGITS),
  spanId: digest.slice(TRACE_DIGITS, TRACE_DIGITS + SPAN_DIGITS),
});

const SAMPLED_DIGITS = 8;

/** Whether a trace is kept at a ratio between 0 and 1: whoever knows the ratio decides alike, by the last four bytes of the id. */
export function isSampled({ traceId }: Pick<EventTrace, 'traceId'>, ratio: number): boolean {
  return Number.parseInt(traceId.slice(-SAMPLED_DIGITS), 16) < ratio * 16 ** SAMPLED_DIGITS;
}
