import t from 'tap';
import { PeriodicTask } from './periodic-task.js';

t.test('looks do not overlap, and one that fails does not end them', async (t) => {
  const ends: ((error?: Error) => void)[] = [];
  const look = new PeriodicTask(1, () => {
    return new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve())));
  });
  const first = look.now();
  t.equal(look.now(), first, 'who asks meanwhile gets the look that runs');
  t.equal(ends.length, 1);
  ends[0]!(new Error('away'));
  await t.rejects(first, { message: 'away' });
  const second = look.now();
  t.equal(ends.length, 2, 'the next begins anew');
  ends[1]!();
  await second;
});

t.test('it looks at once when it starts, and no more when it was stopped', async (t) => {
  let looks = 0;
  let third = (): void => undefined;
  const seen = new Promise<void>((resolve) => {
    third = resolve;
  });
  const look = new PeriodicTask(1, async () => {
    if (++looks === 3) third();
  });
  look.start();
  t.equal(looks, 1);
  // The timer keeps no process alive, this one does.
  const alive = setInterval(() => undefined, 1_000);
  await seen;
  clearInterval(alive);
  look.stop();
  const before = looks;
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setTimeout(resolve, 1));
  t.equal(looks, before);
});
