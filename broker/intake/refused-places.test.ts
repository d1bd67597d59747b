import t from 'tap';
import { REFUSED_PLACES_MAX, RefusedPlaces } from './refused-places.js';

const places = (...refused: [position: string, arrival: number][]): RefusedPlaces => {
  const made = new RefusedPlaces();
  for (const [position, arrival] of refused) made.add(position, arrival);
  return made;
};
const blocks = (refused: RefusedPlaces, position: string, arrival: number): boolean =>
  refused.blocks({ position, arrival }, undefined);

t.test('nothing passes a refused place but what came before it', async (t) => {
  const refused = places(['10', 100]);
  t.ok(blocks(refused, '11', 101));
  t.notOk(blocks(refused, '10', 102));
  t.notOk(blocks(refused, '9', 103));
  t.notOk(blocks(refused, '11', 99));
});

t.test('a source that goes back sends everything behind again', async (t) => {
  const refused = places(['10', 100], ['11', 101], ['12', 102]);
  refused.goneBack({ position: '9', arrival: 103 });
  t.notOk(blocks(refused, '13', 104));
});

t.test('what was refused after the source had gone back still counts', async (t) => {
  const refused = places(['10', 100], ['11', 101]);
  // 11 came again behind 10, and there was no room for it.
  refused.add('11', 104);
  refused.goneBack({ position: '10', arrival: 103 });
  t.ok(blocks(refused, '12', 105));
  t.notOk(blocks(refused, '11', 106));
});

t.test('of several the first that is not handled counts', async (t) => {
  const refused = places(['10', 100], ['11', 101], ['12', 102]);
  refused.handled('10');
  t.ok(blocks(refused, '12', 103));
  t.notOk(blocks(refused, '11', 104));
  refused.handled('12');
  t.notOk(blocks(refused, '13', 105));
});

t.test('within the commit that goes back nothing is blocked by what comes again', async (t) => {
  const refused = places(['10', 100], ['11', 101]);
  const retry = { position: '10', arrival: 102 };
  t.ok(refused.isRetry(retry));
  t.notOk(refused.blocks({ position: '12', arrival: 103 }, retry));
  refused.add('11', 104);
  t.ok(refused.blocks({ position: '12', arrival: 105 }, retry));
});

t.test('of very many the first ones and the last one are known', async (t) => {
  const refused = places();
  const all = REFUSED_PLACES_MAX + 100;
  for (let i = 1; i <= all; i++) refused.add(String(i), i);
  refused.handled(String(REFUSED_PLACES_MAX / 2));
  t.ok(blocks(refused, String(REFUSED_PLACES_MAX / 2 + 2), all + 1));
  t.notOk(blocks(refused, String(REFUSED_PLACES_MAX / 2 + 1), all + 1));
  refused.handled(String(all - 1));
  t.ok(blocks(refused, String(all + 1), all + 2));
});
