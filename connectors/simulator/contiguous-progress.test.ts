import t from 'tap';
import { ContiguousProgress } from './contiguous-progress.js';

t.test('next is the first incomplete index, whatever the order of completion', async (t) => {
  const progress = new ContiguousProgress(10);
  progress.complete(11);
  progress.complete(12);
  t.equal(progress.next, 10);
  progress.complete(10);
  t.equal(progress.next, 13);
});
