import t from 'tap';
import { RejectionNotice } from './rejection-notice.js';

t.test('a grant whose events are rejected is named at once, in a minute and then every ten', async (t) => {
  let now = 0;
  const reported: string[] = [];
  const notice = new RejectionNotice(
    () => now,
    (message) => reported.push(message),
  );
  const reader = { grant: 'g-births', party: 'health', system: 'clinic', entry: 'civil.birth' };
  for (now of [0, 1, 59_999]) notice.add(reader);
  notice.add({ ...reader, grant: 'g-deaths' });
  for (now of [60_000, 659_999, 660_000]) notice.add(reader);
  const who = '(party health, system clinic, entry civil.birth)';
  t.same(reported, [
    `rejected events of grant g-births since the last such line: 1 ${who}`,
    `rejected events of grant g-deaths since the last such line: 1 ${who}`,
    `rejected events of grant g-births since the last such line: 3 ${who}`,
    `rejected events of grant g-births since the last such line: 2 ${who}`,
  ]);
});
