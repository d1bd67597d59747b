import t from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { EventsFrame } from '../../proto/frames/frames.js';
import { ProtocolError } from '../errors.js';
import { ChannelSequence } from './channel-sequence.js';

const frame = (positions: number[], through: number, channel = 1): EventsFrame => ({
  kind: 'events',
  channel,
  through,
  events: positions.map((position) => ({ position }) as DeliveredEvent),
});
const sequence = () => new ChannelSequence({ channel: 1, position: 10 });

t.test('ascending positions and skipped positions are accepted', async (t) => {
  const one = sequence();
  one.accept(frame([11, 15], 20));
  one.accept(frame([], 30));
  one.accept(frame([], 30));
  one.accept(frame([31], 31));
  t.equal(one.through, 31);
});

t.test('a position that goes backward, repeats, or lies beyond through is a protocol error', async (t) => {
  t.throws(() => sequence().accept(frame([10], 12)), ProtocolError);
  t.throws(() => sequence().accept(frame([12, 11], 12)), ProtocolError);
  t.throws(() => sequence().accept(frame([12, 12], 12)), ProtocolError);
  t.throws(() => sequence().accept(frame([12], 11)), ProtocolError);
  t.throws(() => sequence().accept(frame([], 9)), ProtocolError);
});

t.test('another channel and malformed events are a protocol error', async (t) => {
  t.throws(() => sequence().accept(frame([11], 11, 2)), ProtocolError);
  t.throws(() => sequence().accept({ ...frame([11], 11), events: [{} as DeliveredEvent] }), ProtocolError);
});
