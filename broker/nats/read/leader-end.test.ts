import type { StreamInfo } from '@nats-io/jetstream';
import t from 'tap';
import { assertProven, leaderEndOf } from './leader-end.js';

const info = (...replicas: { activeMs: number; current?: boolean; offline?: boolean }[]): StreamInfo =>
  ({
    state: { last_seq: 7 },
    cluster: {
      leader: 'n1',
      replicas: replicas.map(({ activeMs, current = true, offline = false }, i) => {
        return { name: `n${i + 2}`, active: activeMs * 1_000_000, current, offline };
      }),
    },
  }) as unknown as StreamInfo;

t.test('a leader is proven up to the time when it last heard from a majority', async (t) => {
  const proven = (...replicas: Parameters<typeof info>) => leaderEndOf(info(...replicas), 10_000).provenAtMs;
  t.same(leaderEndOf(info(), 10_000), { last: 7, provenAtMs: 10_000 }, 'by itself it is the majority');
  t.equal(proven({ activeMs: 900 }, { activeMs: 300 }), 9_700, 'of three, one more is enough');
  t.equal(proven({ activeMs: 5_000 }, { activeMs: 0, offline: true }), 5_000);
  t.equal(proven({ activeMs: 0, current: false }, { activeMs: 0, current: false }), Number.NEGATIVE_INFINITY);
  t.equal(
    proven({ activeMs: 100 }, { activeMs: 9_000 }, { activeMs: 800 }, { activeMs: 4_000 }),
    9_200,
    'of five, two',
  );
});

t.test('a leader that was cut off for the length of an election proves nothing', async (t) => {
  const check = (...replicas: Parameters<typeof info>) => {
    assertProven(leaderEndOf(info(...replicas), 10_000), 10_000, 'EV_0');
  };
  t.doesNotThrow(() => check());
  t.doesNotThrow(() => check({ activeMs: 1_100 }, { activeMs: 60_000 }));
  t.throws(() => check({ activeMs: 4_000 }, { activeMs: 60_000 }), { code: 'STORE_UNAVAILABLE' });
});
