import t from 'tap';
import { SettledPlaces } from './settled-places.js';

t.test('next is the first place that is not settled, whatever the order', async (t) => {
  const places = new SettledPlaces(10);
  places.settle(11);
  places.settle(12);
  t.equal(places.next, 10);
  places.settle(10);
  t.equal(places.next, 13);
});
