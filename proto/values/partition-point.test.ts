import t from 'tap';
import { partitionPoint } from './partition-point.js';

t.test('partitionPoint finds the first element that is not before the wanted one, also at both ends', async (t) => {
  const sorted = [2, 4, 4, 8];
  const firstAtLeast = (wanted: number) => partitionPoint(0, sorted.length, (i) => (sorted[i] as number) < wanted);
  t.same([1, 2, 3, 4, 5, 8, 9].map(firstAtLeast), [0, 0, 1, 1, 3, 3, 4]);
  t.equal(
    partitionPoint(2, 2, () => true),
    2,
    'an empty range has no first element',
  );
  t.equal(
    partitionPoint(2, 4, (i) => (sorted[i] as number) < 3),
    2,
    'the search does not look before its range',
  );
});
