import t from 'tap';
import { MissedNotice } from './missed-notice.js';

t.test('the first miss is told at once, those of the next seconds together', async (t) => {
  let now = 0;
  const told: string[] = [];
  const notice = new MissedNotice(
    () => now,
    (message) => told.push(message.split(': ')[1]!),
  );
  for (now of [0, 1, 9_999]) notice.add(200, undefined);
  t.same(told, ['200']);
  now = 10_000;
  notice.add(1, undefined);
  t.same(told, ['200', '401']);
});
