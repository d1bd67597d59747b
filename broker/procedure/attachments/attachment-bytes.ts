import { createHash } from 'node:crypto';
import { SluiceError } from '../../../proto/errors.js';
import { attachmentSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf, pagesOf } from '../../nats/read/log-reader.js';
import { WrongExpectedSequenceError } from '../../nats/store-errors.js';
import { ATTACHMENTS_STREAM } from '../../nats/streams.js';

export const ATTACHMENT_BYTES_MAX = 10 * 1024 * 1024;
/** Half of what a NATS server takes as one message by default. */
const PART_BYTES = 512 * 1024;
const PARTS_MAX = ATTACHMENT_BYTES_MAX / PART_BYTES;

export const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Stores the bytes under their digest, all parts or none; the same bytes again change nothing. Throws TOO_LARGE above
 * 10 MiB, and STORE_FULL or STORE_UNAVAILABLE.
 */
export async function storeBytes(bus: Bus, sha256: string, bytes: Uint8Array): Promise<void> {
  if (bytes.length > ATTACHMENT_BYTES_MAX) {
    throw new SluiceError('TOO_LARGE', `an attachment has at most ${ATTACHMENT_BYTES_MAX} bytes`);
  }
  if (await lastOf(bus, ATTACHMENTS_STREAM, attachmentSubject(sha256, 0))) return;
  const parts = Array.from({ length: Math.max(1, Math.ceil(bytes.length / PART_BYTES)) }, (_, part) => ({
    subject: attachmentSubject(sha256, part),
    data: bytes.subarray(part * PART_BYTES, (part + 1) * PART_BYTES),
    expectLastSubject: 0,
  }));
  try {
    const [only] = parts;
    if (parts.length === 1 && only) await bus.publisher.publish(only);
    else await bus.publisher.publishBatch(parts);
  } catch (error) {
    // Somebody stored the same bytes in between.
    if (!(error instanceof WrongExpectedSequenceError)) throw error;
  }
}

/** The bytes behind a digest; undefined when they are not stored. Throws INTERNAL when they are not those of the digest. */
export async function readBytes(bus: Bus, sha256: string): Promise<Uint8Array | undefined> {
  const parts: Uint8Array[] = [];
  const query = { stream: ATTACHMENTS_STREAM, after: 0, subject: attachmentSubject(sha256, '*'), limit: PARTS_MAX };
  for await (const page of pagesOf(bus, query)) parts.push(...page.map(({ data }) => data));
  if (parts.length === 0) return undefined;
  const bytes = Buffer.concat(parts);
  if (digestOf(bytes) !== sha256)
    throw new SluiceError('INTERNAL', `the stored bytes of ${sha256} are not those of it`);
  return bytes;
}
