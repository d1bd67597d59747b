import fc from 'fast-check';
import t from 'tap';
import { RecordCodec } from '../../../proto/event/record.js';
import { eventEncoder, type ProjectedEvent } from '../../../proto/frames/event-encoder.js';
import { codecFor } from '../../../proto/frames/frame-codec.js';
import { EVENTS_FRAME_BYTES_MAX, type EventsFrame, SUBPROTOCOLS } from '../../../proto/frames/frames.js';
import { encodeRuns } from './encode-runs.js';
import type { EncodedRun } from './encoded-run.js';

const OLDEST_MS = 1_000;

const codec = new RecordCodec([{ name: 'id', number: 1, type: 'string', list: false }]);

function event(position: number, length: number): ProjectedEvent {
  const record = codec.encode({ id: 'x'.repeat(length) });
  const rest = { subject: `s${position}`, snapshotId: undefined, corrects: undefined };
  return { entry: 'a.b', position, timeMs: OLDEST_MS + position, op: 'create', record, ...rest };
}

/** The payload behind the WebSocket header of a message. */
function payload(message: Uint8Array): Uint8Array {
  const short = (message[1] as number) & 0x7f;
  return message.subarray(short < 126 ? 2 : short === 126 ? 4 : 10);
}

/** Collects frames of at most `max` events until nothing is left. */
function* framesAfter(runs: EncodedRun[], from: number, max: number) {
  let after = from;
  for (const run of runs) {
    for (let batch = run.batchAfter(after, max); batch; batch = run.batchAfter(after, max)) {
      yield batch;
      after = batch.through;
    }
  }
}

for (const protocol of SUBPROTOCOLS) {
  const target = { encoder: eventEncoder(protocol, codec), channel: 5 };
  const decode = (message: Uint8Array) =>
    codecFor(protocol).decodeServer(payload(message), !target.encoder.isText) as EventsFrame;

  t.test(
    `${protocol}: encoded runs deliver each event once and unchanged, from any position and with any credit`,
    async (t) => {
      const lengths = fc.array(fc.oneof(fc.nat({ max: 200 }), fc.constant(200_000)), { minLength: 1, maxLength: 12 });
      fc.assert(
        fc.property(lengths, fc.nat({ max: 25 }), fc.integer({ min: 1, max: 13 }), (lengths, from, max) => {
          const events = lengths.map((length, i) => event((i + 1) * 2, length));
          const through = events.length * 2 + 5;
          let reached = from;
          const seen: number[] = [];
          for (const batch of framesAfter(encodeRuns(events, target, through), from, max)) {
            const frame = decode(batch.message);
            const subjects = frame.events.map(({ subject }) => subject);
            seen.push(...frame.events.map(({ position }) => position));
            reached = batch.through;
            const isRight =
              payload(batch.message).length <= EVENTS_FRAME_BYTES_MAX &&
              frame.events.length <= max &&
              !batch.accepted.isSince(OLDEST_MS + (batch.positions[0] as number) + 1) &&
              frame.through === batch.through &&
              String(subjects) === String(batch.positions.map((position) => `s${position}`));
            if (!isRight) return false;
          }
          const expected = events.map(({ position }) => position).filter((position) => position > from);
          return String(seen) === String(expected) && (expected.length === 0 || reached === through);
        }),
        { numRuns: 60 },
      );
      t.pass('it does');
    },
  );

  t.test(`${protocol}: all subscriptions that need a whole run share one message`, async (t) => {
    const [run] = encodeRuns([event(1, 10), event(2, 10)], target, 9);
    t.equal(run?.batchAfter(0, 2)?.message, run?.batchAfter(0, 100)?.message);
    t.not(run?.batchAfter(0, 1)?.message, run?.batchAfter(0, 2)?.message);
    t.equal(run?.batchAfter(2, 100), undefined);
  });
}
