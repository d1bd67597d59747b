import { createHash } from 'node:crypto';
import { SluiceError } from '../../../proto/errors.js';
import { attachmentSubject } from '../../../proto/subject.js';
import type { Bus } from '../../nats/bus.js';
import { lastOf } from '../../nats/read/leader-get.js';
import { pagesOf } from '../../nats/read/log-reader.js';
import { WrongExpectedSequenceError } from '../../nats/store-errors.js';
import { ATTACHMENTS_STREAM } from '../../nats/streams.js';

export const ATTACHMENT_BYTES_MAX = 10 * 1024 * 1024;
/** Half of what a NATS server takes as one message by default. */
const PART_BYTES = 512 * 1024;

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

/**
 * The bytes behind a digest, part by part, so that a slow reader holds little of the memory. Undefined when they are not stored.
 * Throws INTERNAL at the end when they are not those of the digest.
 */
export async function readBytes(bus: Bus, sha256: string): Promise<AsyncGenerator<Uint8Array> | undefined> {
  if (!(await lastOf(bus, ATTACHMENTS_STREAM, attachmentSubject(sha256, 0)))) return undefined;
  return partsOf(bus, sha256);
}

async function* partsOf(bus: Bus, sha256: string): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  const subject = attachmentSubject(sha256, '*');
  for await (const page of pagesOf(bus, { stream: ATTACHMENTS_STREAM, after: 0, subject, limit: 1 })) {
    for (const { data } of page) {
      hash.update(data);
      yield data;
    }
  }
  if (hash.digest('hex') === sha256) return;
  throw new SluiceError('INTERNAL', `the stored bytes of ${sha256} are not those of it`);
}
