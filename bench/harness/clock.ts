/** Microseconds of the machine's monotonic clock, which is the same in every process of a bench. */
export function nowMicros(): number {
  const [seconds, nanos] = process.hrtime();
  return seconds * 1_000_000 + Math.floor(nanos / 1000);
}

/** Prefix of the item that holds the time of sending; nothing else in a bench's bytes looks like it. */
const TIMESTAMP_PREFIX = '~@';
const DIGITS = 16;
const prefixBytes = Buffer.from(TIMESTAMP_PREFIX);

/** The item's value, always of one length, so that all events of a bench have one size. */
export const timestampText = (micros: number): string => `${TIMESTAMP_PREFIX}${String(micros).padStart(DIGITS, '0')}`;

/** Microseconds since the first timestamp at or after `from` was written; undefined when there is none before `to`. */
export function ageMicros(bytes: Buffer, from: number, to: number, now: number): number | undefined {
  const at = bytes.indexOf(prefixBytes, from);
  if (at < 0 || at + TIMESTAMP_PREFIX.length + DIGITS > to) return undefined;
  let sent = 0;
  for (let i = at + TIMESTAMP_PREFIX.length; i < at + TIMESTAMP_PREFIX.length + DIGITS; i++)
    sent = sent * 10 + (bytes[i] as number) - 48;
  return now - sent;
}
