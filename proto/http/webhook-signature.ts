import { createHmac } from 'node:crypto';

/**
 * Headers of Standard Webhooks. The receiver verifies the signature over id, timestamp and body, and refuses old timestamps. The id
 * is the same in every attempt, so a receiver can drop repeats.
 */
export function signatureHeaders(
  id: string,
  body: string,
  secrets: readonly Uint8Array[],
  nowMs: number,
): Record<string, string> {
  const timestamp = String(Math.floor(nowMs / 1000));
  const signed = `${id}.${timestamp}.${body}`;
  const signatures = secrets.map((secret) => `v1,${createHmac('sha256', secret).update(signed).digest('base64')}`);
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
