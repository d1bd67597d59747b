import type { DeliveredEvent } from '../../proto/event/event.js';
import { isSampled, traceInput, traceOfDigest } from '../../proto/event/event-trace.js';

/**
 * The W3C `traceparent` of a delivered event, under which a subscriber continues the trace of the bus. It is made of the entry, the
 * epoch of the log and the position, so that nothing of it travels; `sampleRatio` is the one that the bus is configured with.
 */
export async function traceparentOf(
  { type, position }: Pick<DeliveredEvent, 'type' | 'position'>,
  log: string,
  sampleRatio: number,
): Promise<string> {
  const input = new TextEncoder().encode(traceInput(type, log, position));
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', input));
  const trace = traceOfDigest(Array.from(digest, (byte) => byte.toString(16).padStart(2, '0')).join(''));
  return `00-${trace.traceId}-${trace.spanId}-${isSampled(trace, sampleRatio) ? '01' : '00'}`;
}
