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
const DOT = 0x2e;
const V1_TOKENS = 9;
const V2_TOKENS_MIN = 11;
/** Digits by which the server's nanoseconds are more than milliseconds. */
const NANOSECOND_DIGITS = 6;

/** Where the tokens of the subject begin; it is read for every message of the log, so one list serves all. */
const starts: number[] = [];

/**
 * Parses `$JS.ACK.<stream>.<consumer>.<delivered>.<sseq>.<cseq>.<nanos>.<pending>` or its second form, which has a
 * domain and an account hash before the stream; undefined for any other subject.
 */
export function parseAckSubject(subject: string | undefined): DeliveryInfo | undefined {
  if (!subject?.startsWith(ACK_PREFIX)) return undefined;
  starts.length = 0;
  starts.push(0);
  for (let i = 0; i < subject.length; i++) if (subject.charCodeAt(i) === DOT) starts.push(i + 1);
  const tokens = starts.length;
  const base = tokens === V1_TOKENS ? 5 : tokens >= V2_TOKENS_MIN ? 7 : undefined;
  if (base === undefined) return undefined;
  return {
    streamSequence: numberIn(subject, base, 0),
    consumerSequence: numberIn(subject, base + 1, 0),
    // Nanoseconds do not fit a number, so six digits are cut, which leaves milliseconds.
    timeMs: numberIn(subject, base + 2, NANOSECOND_DIGITS),
    pending: numberIn(subject, base + 3, 0),
  };
}

/** The number that a token holds, without its last digits. */
function numberIn(subject: string, token: number, digitsCut: number): number {
  const next = starts[token + 1];
  const end = (next === undefined ? subject.length : next - 1) - digitsCut;
  let value = 0;
  for (let i = starts[token] as number; i < end; i++) value = value * 10 + subject.charCodeAt(i) - 0x30;
  return value;
}
