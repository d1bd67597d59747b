import t from 'tap';
import { SharedTurns, TurnShare } from './shared-turns.js';

/** Counts the turns of the event loop until it is stopped. */
function countTurns(): { turn: number; stop(): void } {
  const counted = { turn: 0, stop: () => clearImmediate(immediate) };
  const count = (): void => {
    counted.turn++;
    immediate = setImmediate(count);
  };
  let immediate = setImmediate(count);
  return counted;
}

t.test('many that work long share the event loop: few of them are resumed in one turn', async (t) => {
  let nowMs = 0;
  const turns = new SharedTurns(() => nowMs);
  const share = new TurnShare();
  const loop = countTurns();
  const workedIn: number[] = [];
  const order: number[] = [];
  await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      await turns.next(share);
      nowMs += 4;
      workedIn.push(loop.turn);
      order.push(i);
    }),
  );
  loop.stop();
  const perTurn = workedIn.map((turn) => workedIn.filter((other) => other === turn).length);
  t.equal(Math.max(...perTurn), 3, 'as many as fit into 10 ms');
  t.same(
    order,
    [...order].sort((a, b) => a - b),
    'in the order in which they asked',
  );
});

t.test('work that takes no time is resumed many to a turn, and none is forgotten', async (t) => {
  const turns = new SharedTurns(() => 0);
  const share = new TurnShare();
  const loop = countTurns();
  await Promise.all(
    Array.from({ length: 320 }, async () => {
      for (let i = 0; i < 3; i++) await turns.next(share);
    }),
  );
  loop.stop();
  t.ok(loop.turn >= 25 && loop.turn <= 40, `${loop.turn} turns for 960 resumptions`);
});

t.test('who asks once goes before another one that asks again and again', async (t) => {
  let nowMs = 0;
  const turns = new SharedTurns(() => nowMs);
  const [busy, rare] = [new TurnShare(), new TurnShare()];
  const order: string[] = [];
  const work = async (share: TurnShare, name: string): Promise<void> => {
    await turns.next(share);
    nowMs += 4;
    order.push(name);
  };
  const first = Array.from({ length: 20 }, () => work(busy, 'busy'));
  await first[7];
  await Promise.all([work(rare, 'rare'), ...first]);
  const index = order.indexOf('rare');
  t.ok(index >= 8 && index <= 9, `resumed as number ${index} of ${order.length}, not behind all that waited`);
});

t.test(
  'shares that always have work get the same time, whatever number of them waits and however long one works',
  async (t) => {
    let nowMs = 0;
    const turns = new SharedTurns(() => nowMs);
    const usedMs = { many: 0, few: 0 };
    const shares = { many: new TurnShare(), few: new TurnShare() };
    const work = async (name: 'many' | 'few', ms: number): Promise<void> => {
      while (nowMs < 2_000) {
        await turns.next(shares[name]);
        nowMs += ms;
        usedMs[name] += ms;
      }
    };
    await Promise.all([...Array.from({ length: 50 }, () => work('many', 5)), work('few', 1), work('few', 1)]);
    t.ok(usedMs.few > 0.8 * usedMs.many && usedMs.few < 1.2 * usedMs.many, JSON.stringify(usedMs));
  },
);

t.test('what was used while nobody waited does not count', async (t) => {
  let nowMs = 0;
  const turns = new SharedTurns(() => nowMs);
  const [old, fresh] = [new TurnShare(), new TurnShare()];
  for (let i = 0; i < 100; i++) {
    turns.charge(old, 10);
    await turns.next(old);
    nowMs += 10;
  }
  await new Promise((resolve) => setImmediate(() => setImmediate(resolve)));
  const order: string[] = [];
  const work = async (share: TurnShare, name: string): Promise<void> => {
    await turns.next(share);
    nowMs += 1;
    order.push(name);
  };
  await Promise.all([work(old, 'old'), work(fresh, 'fresh'), work(fresh, 'fresh')]);
  t.same(order, ['old', 'fresh', 'fresh']);
});
