import t from 'tap';
import { livenessAt } from './liveness.js';

t.test('a peer counts as dead after two and a half heartbeats of silence', async (t) => {
  t.same(livenessAt(1_000, 1_000, 100), { isAlive: true, checkInMs: 250 });
  t.same(livenessAt(1_249, 1_000, 100), { isAlive: true, checkInMs: 1 });
  t.same(livenessAt(1_250, 1_000, 100), { isAlive: false, silentMs: 250 });
});
