/** Facts about a delivered message that JetStream encodes in its reply subject. */
export interface DeliveryInfo {
  streamSequence: number;
  /** Deliveries of this consumer, counted from 1: a jump means that messages were lost in transit. */
  consumerSequence: number;
  timeMs: number;
  /** Messages after this one that the consumer still has to deliver. */
  pending: number;
}

const ACK_PREFIX = '$JS.ACK.';
const V1_TOKENS = 9;
const V2_TOKENS_MIN = 11;

/**
 * Parses `$JS.ACK.<stream>.<consumer>.<delivered>.<sseq>.<cseq>.<nanos>.<pending>` or its second form, which has a
 * domain and an account hash before the stream; undefined for any other subject.
 */
export function parseAckSubject(subject: string | undefined): DeliveryInfo | undefined {
  if (!subject?.startsWith(ACK_PREFIX)) return undefined;
  const tokens = subject.split('.');
  const base = tokens.length === V1_TOKENS ? 5 : tokens.length >= V2_TOKENS_MIN ? 7 : undefined;
  if (base === undefined) return undefined;
  return {
    streamSequence: Number(tokens[base]),
    consumerSequence: Number(tokens[base + 1]),
    // Nanoseconds do not fit a number, so six digits are cut, which leaves milliseconds.
    timeMs: Number(tokens[base + 2]!.slice(0, -6)),
    pending: Number(tokens[base + 3]),
  };
}
