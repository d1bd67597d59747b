import type { DeliveredEvent } from '../../proto/event/event.js';

/**
 * The log that a grant delivers. Positions begin again in another epoch, after a restore for example, and two grants of one receiver
 * deliver the same positions, so both are part of every name that a receiver may drop repeats by.
 */
export interface DeliveredLog {
  grant: string;
  log: string;
}

/** `source` of the CloudEvents: together with their `id` it names an event once and for all. */
export const sourceOf = (entry: string, { grant, log }: DeliveredLog): string =>
  `/sluice/${entry}/grants/${encodeURIComponent(grant)}/logs/${encodeURIComponent(log)}`;

/** `webhook-id`: the same in every attempt. It has no dot, which separates the parts of the signed content. */
export const webhookIdOf = (position: number, { grant, log }: DeliveredLog): string =>
  [grant, log, position].map((part) => encodeURIComponent(part).replaceAll('.', '%2E')).join('~');

/** Encodes an event as a CloudEvent in structured mode. */
export function cloudEventText(event: DeliveredEvent, deliveredLog: DeliveredLog): string {
  const { id, type, subject, time, data, op, position, snapshotid, corrects } = event;
  return JSON.stringify({
    specversion: '1.0',
    id,
    source: sourceOf(type, deliveredLog),
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
