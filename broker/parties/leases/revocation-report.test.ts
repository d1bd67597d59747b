import t from 'tap';
import { type EndingAct, RevocationReport } from './revocation-report.js';

const ACT_MS = Date.parse('2026-11-30T08:00:00Z');
const RIGHT = 'grant g (party south, system south-read)';

/** Reports of a broker whose last byte leaves so long after the act. */
function reportOf() {
  const warnings: string[] = [];
  const seconds: number[] = [];
  let nowMs = ACT_MS;
  const report = new RevocationReport({
    metrics: { revoked: (one) => seconds.push(one) },
    clock: () => nowMs,
    warn: (message) => warnings.push(message),
  });
  const sent = (afterMs: number, act: Partial<EndingAct> = {}): void => {
    nowMs = ACT_MS + afterMs;
    report.lastByteSent({ right: RIGHT, atMs: ACT_MS, readAtMs: ACT_MS, ...act });
  };
  return { sent, warnings, seconds };
}

t.test(
  'bytes that go out more than a second after the act are logged with the right and when it was read',
  async (t) => {
    const { sent, warnings, seconds } = reportOf();
    sent(1_000);
    t.strictSame(warnings, [], 'a second is allowed');
    sent(1_460, { readAtMs: ACT_MS + 1_400 });
    t.strictSame(warnings, [
      `bytes under ${RIGHT} went out until 1.46 s after the act that ended it; this broker had read the act after 1.40 s`,
    ]);
    t.strictSame(seconds, [1, 1.46], 'both are counted');
  },
);

t.test('an act that ended many subscriptions is logged once, and the next act on the same grant again', async (t) => {
  const { sent, warnings, seconds } = reportOf();
  for (let i = 0; i < 3; i++) sent(2_000);
  t.equal(warnings.length, 1);
  t.equal(seconds.length, 3, 'each is counted');
  sent(12_000, { atMs: ACT_MS + 10_000, readAtMs: ACT_MS + 10_001 });
  t.equal(warnings.length, 2);
});

t.test('an act of a broker whose clock is ahead counts as no time', async (t) => {
  const { sent, seconds } = reportOf();
  sent(10, { atMs: ACT_MS + 5_000 });
  t.strictSame(seconds, [0]);
});
