import t from 'tap';
import { StreamSlots } from './stream-slots.js';

const taking = (slots: StreamSlots, system: string, times: number) =>
  Array.from({ length: times }, () => slots.take(system));

t.test('one system cannot take the streams of all, nor all of them the connections of acts', async (t) => {
  const slots = new StreamSlots({ maxConnections: 100, maxStreamsPerSystem: 1000 });
  taking(slots, 'greedy', 25);
  t.throws(() => slots.take('greedy'), {
    code: 'TOO_MANY',
    message: 'a system has at most 25 sessions and streams open at once',
  });
  taking(slots, 'a', 25);
  taking(slots, 'b', 25);
  taking(slots, 'c', 5);
  t.throws(() => slots.take('d'), { code: 'TOO_MANY', message: /broker has too many/ });
});

t.test('a slot that is given back, even twice, is free once', async (t) => {
  const slots = new StreamSlots({ maxConnections: 1000, maxStreamsPerSystem: 2 });
  const [giveBack] = taking(slots, 'a', 2);
  giveBack?.();
  giveBack?.();
  slots.take('a');
  t.throws(() => slots.take('a'), { code: 'TOO_MANY' });
});
