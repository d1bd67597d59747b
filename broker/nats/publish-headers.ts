import type { MsgHdrs } from '@nats-io/transport-node';
import { headers } from '@nats-io/transport-node';
import type { OutMessage } from './out-message.js';

/** Place of a message in an atomic batch; `sequence` counts from 1, the last one commits. */
export interface BatchPlace {
  id: string;
  sequence: number;
  commit: boolean;
}

/**
 * The JetStream headers of a message, undefined when it needs none. Written out here because the client's own batch
 * drops message ids, expectations and TTLs.
 */
export function publishHeaders(message: OutMessage, place?: BatchPlace): MsgHdrs | undefined {
  const plain = message.id === undefined && message.ttlSeconds === undefined;
  const free = message.expectLast === undefined && message.expectLastSubject === undefined;
  if (plain && free && place === undefined) return undefined;
  const hdrs = headers();
  if (message.id !== undefined) hdrs.set('Nats-Msg-Id', message.id);
  if (message.ttlSeconds !== undefined) hdrs.set('Nats-TTL', `${message.ttlSeconds}s`);
  if (message.expectLast !== undefined) hdrs.set('Nats-Expected-Last-Sequence', String(message.expectLast));
  if (message.expectLastSubject !== undefined) {
    hdrs.set('Nats-Expected-Last-Subject-Sequence', String(message.expectLastSubject));
  }
  if (place) {
    hdrs.set('Nats-Batch-Id', place.id);
    hdrs.set('Nats-Batch-Sequence', String(place.sequence));
    if (place.commit) hdrs.set('Nats-Batch-Commit', '1');
  }
  return hdrs;
}
