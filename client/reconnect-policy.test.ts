import t from 'tap';
import { DEFAULT_RECONNECT_POLICY, reconnectDelayMs } from './reconnect-policy.js';

const policy = { firstDelayMs: 100, delayMsMax: 1_000 };

t.test('the delay doubles with each attempt and stops growing at its maximum', async (t) => {
  const longest = [0, 1, 2, 3, 4, 50].map((attempt) => reconnectDelayMs(attempt, policy, () => 1));
  t.same(longest, [100, 200, 400, 800, 1_000, 1_000]);
});

t.test('the random part of the delay is at most half of it', async (t) => {
  t.equal(
    reconnectDelayMs(2, policy, () => 0),
    200,
  );
  t.equal(
    reconnectDelayMs(1_000_000, DEFAULT_RECONNECT_POLICY, () => 0),
    15_000,
  );
});
