import t from 'tap';
import { RejectionNotice } from './rejection-notice.js';

t.test('a grant whose events are rejected is named at once, then every ten minutes with their number', async (t) => {
  let now = 0;
  const reported: string[] = [];
  const notice = new RejectionNotice(
    () => now,
    (message) => reported.push(message),
  );
  const reader = { grant: 'g-births', party: 'health', system: 'clinic', entry: 'civil.birth' };
  for (now of [0, 1, 599_999]) notice.add(reader);
  notice.add({ ...reader, grant: 'g-deaths' });
  now = 600_000;
  notice.add(reader);
  const who = '(party health, system clinic, entry civil.birth)';
  t.same(reported, [
    `rejected events of grant g-births since the last such line: 1 ${who}`,
    `rejected events of grant g-deaths since the last such line: 1 ${who}`,
    `rejected events of grant g-births since the last such line: 3 ${who}`,
  ]);
});
