import t from 'tap';
import { TurnShare } from '../../../proto/async/shared-turns.js';
import { OpeningTurns } from './opening-turns.js';

const share = new TurnShare();
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('a session that asks for thousands holds up another one by a turn', async (t) => {
  const turns = new OpeningTurns();
  const ends: (() => void)[] = [];
  const opened: string[] = [];
  const openFor = (session: string): Promise<void> =>
    turns.run(session, share, async () => {
      opened.push(session);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const all = Array.from({ length: 2_000 }, () => openFor('greedy'));
  all.push(openFor('honest'));
  await settled();
  const atOnce = opened.length;
  t.ok(atOnce < 1_000, `${atOnce} at once`);
  for (const end of ends.splice(0, 2)) end();
  while (opened.length < atOnce + 2) await settled();
  t.ok(opened.includes('honest'), 'after two of the others');
  for (let rest = ends.splice(0); rest.length > 0; rest = ends.splice(0)) {
    t.ok(rest.length <= atOnce);
    const before = opened.length;
    for (const end of rest) end();
    const expected = Math.min(before + rest.length, all.length);
    while (opened.length < expected) await settled();
  }
  await Promise.all(all);
  t.equal(opened.length, 2_001);
});

t.test('an opening that fails makes room for the next', async (t) => {
  const turns = new OpeningTurns();
  const failing = Array.from({ length: 1_000 }, () =>
    turns.run('a', share, async () => {
      throw new Error('refused');
    }),
  );
  await Promise.allSettled(failing);
  t.equal(await turns.run('b', share, async () => 'opened'), 'opened');
});

t.test('openings that fail at once begin a few in each turn of the event loop', async (t) => {
  const turns = new OpeningTurns();
  let inTurn = 0;
  let longest = 0;
  let isOver = false;
  const endTurn = (): void => {
    longest = Math.max(longest, inTurn);
    inTurn = 0;
    if (!isOver) setImmediate(endTurn);
  };
  const blocked: (() => void)[] = [];
  const openings = Array.from({ length: 5_000 }, (_none, i) =>
    turns.run(`session ${i % 50}`, share, async () => {
      if (blocked.length < 64) await new Promise<void>((resolve) => blocked.push(resolve));
      inTurn++;
      throw new Error('the session has gone');
    }),
  );
  await settled();
  endTurn();
  for (const end of blocked) end();
  await Promise.allSettled(openings);
  isOver = true;
  endTurn();
  // The 64 that were being opened end in one turn, and 32 others begin in it at most.
  t.ok(longest <= 96, `${longest} in one turn`);
});
