import { createHmac } from 'node:crypto';
import type { DeliveredEvent } from '../../proto/event/event.js';

/** Encodes an event as a CloudEvent in structured mode. */
export function cloudEventText({
  id,
  type,
  subject,
  time,
  data,
  op,
  position,
  snapshotid,
  corrects,
}: DeliveredEvent): string {
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: `/sluice/${type}`,
    type,
    subject,
    time,
    datacontenttype: 'application/json',
    op,
    // The integers of CloudEvents have 32 bits only.
    position: String(position),
    snapshotid,
    corrects: corrects === undefined ? undefined : String(corrects),
    data,
  });
}

/**
 * Headers of Standard Webhooks. The receiver verifies the signature over id, timestamp and body, and refuses old timestamps. The id
 * is the same in every attempt, so a receiver can drop repeats.
 */
export function signatureHeaders(
  id: string,
  body: string,
  secrets: readonly Buffer[],
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
