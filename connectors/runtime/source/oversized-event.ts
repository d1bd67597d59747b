import type { SourceEvent } from '../../../proto/event/event.js';

/** A longer subject may itself be what is too large. */
const SUBJECT_CHARACTERS_MAX = 1_000;

/**
 * The event without its data, for one that is larger than any request of the bus. It cannot be published, and it must not stop
 * the others or disappear: the catalog is certain to refuse the unknown item, so the event keeps its place in the order and
 * waits in quarantine until it is repaired at the source.
 */
export function oversizedEvent(text: string): string {
  const { data: _data, previous: _previous, subject = '', ...event } = JSON.parse(text) as SourceEvent;
  const kept = subject !== null && subject.length <= SUBJECT_CHARACTERS_MAX ? { subject } : {};
  return JSON.stringify({ ...event, ...kept, data: { oversizedEvent: `${Buffer.byteLength(text)} bytes` } });
}
