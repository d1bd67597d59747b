import type { Test } from 'tap';
import type { Stream } from '../../../broker/stream/open-stream.js';
import type { Subscription } from '../../../broker/stream/subscriber.js';
import type { Rows } from '../../../proto/entry/rows.js';
import type { From } from '../../../proto/frames/frames.js';
import { RecordingSink } from './recording-sink.js';
import { type StreamFixture, startStreamFixture } from './stream-fixture.js';

interface Asked {
  grant?: string;
  from?: From;
  credit?: number;
  cursor?: string;
  narrow?: Rows;
  session?: string;
  isRetired?: (channel: number) => boolean;
}

/** Subscribes as a session would, and records what is sent. */
export async function follow(
  stream: Stream,
  asked: Asked = {},
): Promise<{ sink: RecordingSink; subscription: Subscription }> {
  const { grant = 'g', from = 'earliest', credit = 100_000, cursor = 'default', narrow, session = 's' } = asked;
  const sink = new RecordingSink();
  const rest = {
    encoding: 'sluice.v1.json',
    onEnded: () => undefined,
    isRetired: asked.isRetired ?? (() => false),
    ref: 'r',
    sink,
    narrow,
  } as const;
  const subscription = await stream.subscriptions.subscribe({
    system: 'reader',
    session,
    grant,
    from,
    credit,
    cursor,
    ...rest,
  });
  return { sink, subscription };
}

/** A started stream with the grant `g`. */
export async function startStream(t: Test): Promise<{ fixture: StreamFixture; stream: Stream }> {
  const fixture = await startStreamFixture(t);
  fixture.grant({ id: 'g' });
  return { fixture, stream: await fixture.open(t) };
}

/** A record of the entry that the fixture publishes on. */
export const person = (i: number, district = 'A') => ({ id: `p${i}`, name: `Name ${i}`, district, secret: 'hidden' });

/** Resolves with positions in the order of the records, which may differ from that of the log. */
export async function publishMany(fixture: StreamFixture, from: number, count: number): Promise<number[]> {
  const indexes = Array.from({ length: count }, (_, i) => from + i);
  return Promise.all(indexes.map((i) => fixture.publish('create', person(i))));
}
