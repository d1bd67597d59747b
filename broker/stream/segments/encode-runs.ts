import { MessageWriter } from '../../../proto/event/message-writer.js';
import type { ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { EVENTS_BYTES_MAX } from '../../../proto/frames/events-message.js';
import { AcceptedSpan } from '../live/accepted-span.js';
import { type ChannelEncoding, EncodedRun } from './encoded-run.js';

const writer = new MessageWriter();

/**
 * Encodes events one behind the other, as many to a run as a frame can hold. One event always fits, because an event is
 * smaller than a frame. The last run covers the log up to `through`.
 */
export function encodeRuns(events: Iterable<ProjectedEvent>, target: ChannelEncoding, through: number): EncodedRun[] {
  const runs: EncodedRun[] = [];
  let positions: number[] = [];
  let ends: number[] = [];
  let start = 0;
  let end = 0;
  let accepted = new AcceptedSpan();
  const cut = (runThrough: number): void => {
    runs.push(new EncodedRun(target, { bytes: writer.between(start, end), positions, ends, accepted }, runThrough));
    positions = [];
    ends = [];
    accepted = new AcceptedSpan();
    start = end;
  };
  writer.begin();
  for (const event of events) {
    target.encoder.write(event, writer);
    if (writer.length - start > EVENTS_BYTES_MAX && positions.length > 0) cut(positions.at(-1) as number);
    end = writer.length;
    positions.push(event.position);
    ends.push(end - start);
    accepted.add(event.timeMs);
  }
  if (positions.length > 0) cut(through);
  return runs;
}
