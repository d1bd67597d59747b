import t from 'tap';
import { PeriodicTask } from './periodic-task.js';

t.test('runs do not overlap, and one that fails does not end them', async (t) => {
  const ends: ((error?: Error) => void)[] = [];
  const task = new PeriodicTask(1, () => {
    return new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
  });
  const first = task.now();
  t.equal(task.now(), first, 'who asks meanwhile gets the run in progress');
  t.equal(ends.length, 1);
  ends[0]!(new Error('away'));
  await t.rejects(first, { message: 'away' });
  const second = task.now();
  t.equal(ends.length, 2, 'the next begins anew');
  ends[1]!();
  await second;
});

t.test('a task runs at once when it starts, and no more when it was stopped', async (t) => {
  let runs = 0;
  let third = (): void => undefined;
  const seen = new Promise<void>((resolve) => {
    third = resolve;
  });
  const task = new PeriodicTask(1, async () => {
    if (++runs === 3) third();
  });
  task.start();
  t.equal(runs, 1);
  // The timer keeps no process alive, this one does.
  const alive = setInterval(() => undefined, 1_000);
  await seen;
  clearInterval(alive);
  task.stop();
  const before = runs;
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  t.equal(runs, before);
});
