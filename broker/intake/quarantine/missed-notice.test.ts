import t from 'tap';
import { MissedNotice } from './missed-notice.js';

t.test('the first missed event is reported at once, those of the next ten seconds together', async (t) => {
  let now = 0;
  const reported: string[] = [];
  const notice = new MissedNotice(
    () => now,
    (message) => reported.push(message.split(': ')[1]!),
  );
  for (now of [0, 1, 9_999]) notice.add(200, undefined);
  t.same(reported, ['200']);
  now = 10_000;
  notice.add(1, undefined);
  t.same(reported, ['200', '401']);
});
