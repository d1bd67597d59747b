import t from 'tap';
import { growthPercent } from './heap-growth.js';

const MIB = 1024 * 1024;

t.test('a small heap may double between collections, a large one grows by two fifths at most', async (t) => {
  const grownBy = (heapMiB: number): number => Math.round((growthPercent(heapMiB * MIB) / 100) * heapMiB);
  t.strictSame([20, 64, 128].map(grownBy), [20, 64, 128]);
  t.strictSame([400, 1000].map(grownBy), [160, 400]);
  t.strictSame([160, 200, 256, 300].map(grownBy), [128, 128, 128, 129], 'in between it is the same number of bytes');
});
