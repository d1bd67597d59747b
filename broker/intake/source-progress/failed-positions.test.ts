import t from 'tap';
import { FAILED_POSITIONS_MAX, FailedPositions } from './failed-positions.js';

const places = (...refused: [position: string, arrival: number][]): FailedPositions => {
  const made = new FailedPositions();
  for (const [position, arrival] of refused) made.add(position, arrival);
  return made;
};
const connection = {};
const another = {};
const at = (position: string, arrival: number, flow: object = connection) => ({ position, arrival, flow });

t.test('nothing passes a refused place but what came before it', async (t) => {
  const refused = places(['10', 100]);
  t.ok(refused.blocks(at('11', 101)));
  t.notOk(refused.blocks(at('10', 102)));
  t.notOk(refused.blocks(at('9', 103)));
  t.notOk(refused.blocks(at('11', 99)));
});

t.test(
  'a source that goes back further than that sends everything behind again, perhaps at other places',
  async (t) => {
    const refused = places(['10', 100], ['11', 101], ['12', 102]);
    refused.seen(at('9', 103));
    t.notOk(refused.blocks(at('13', 104)));
  },
);

t.test('what an older connection still had does not pass when another one goes back', async (t) => {
  const refused = places(['10', 100], ['11', 101]);
  refused.seen(at('10', 102));
  refused.handled('10');
  t.ok(refused.blocks(at('12', 103, another)));
  t.notOk(refused.blocks(at('12', 104)));
  t.notOk(refused.blocks(at('11', 105, another)), 'nor is one held up that sends just what is missing');
});

t.test('what was in the queue already when something was refused does not go back', async (t) => {
  const refused = places(['10', 100]);
  refused.seen(at('9', 99));
  t.ok(refused.blocks(at('11', 101)));
});

t.test('what is refused after the source has gone back still counts', async (t) => {
  const refused = places(['10', 100], ['11', 101]);
  refused.seen(at('10', 102));
  refused.add('11', 103);
  t.ok(refused.blocks(at('12', 104)), 'there was no room for the next one');

  const again = places(['10', 100], ['11', 101]);
  again.seen(at('10', 102));
  again.seen(at('11', 103));
  again.add('10', 102);
  again.add('11', 103);
  t.ok(again.blocks(at('12', 104)), 'its commit failed');
  again.seen(at('10', 105));
  t.notOk(again.blocks(at('12', 106)), 'it has gone back once more');
});

t.test('one that is refused twice holds up what was queued between', async (t) => {
  const refused = places(['10', 100], ['10', 102]);
  t.ok(refused.blocks(at('11', 101)));
  const told = places(['10', 200], ['10', 100]);
  t.ok(told.blocks(at('11', 101)), 'in whichever order it was told');
});

t.test('of several the first that is not handled counts', async (t) => {
  const refused = places(['10', 100], ['11', 101], ['12', 102]);
  refused.handled('10');
  t.ok(refused.blocks(at('12', 103)));
  t.notOk(refused.blocks(at('11', 104)));
  refused.handled('12');
  t.notOk(refused.blocks(at('13', 105)));
});

t.test('of very many the first ones and the last one are known', async (t) => {
  const refused = places();
  const all = FAILED_POSITIONS_MAX + 100;
  for (let i = 1; i <= all; i++) refused.add(String(i), i);
  refused.handled(String(FAILED_POSITIONS_MAX / 2));
  t.ok(refused.blocks(at(String(FAILED_POSITIONS_MAX / 2 + 2), all + 1)));
  t.notOk(refused.blocks(at(String(FAILED_POSITIONS_MAX / 2 + 1), all + 1)));
  refused.handled(String(all - 1));
  t.ok(refused.blocks(at(String(all + 1), all + 2)));
});
