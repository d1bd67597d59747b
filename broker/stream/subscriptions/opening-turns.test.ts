import t from 'tap';
import { OpeningTurns } from './opening-turns.js';

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

t.test('a session that asks for thousands holds up another one by a turn', async (t) => {
  const turns = new OpeningTurns();
  const ends: (() => void)[] = [];
  const opened: string[] = [];
  const openFor = (session: string): Promise<void> =>
    turns.run(session, async () => {
      opened.push(session);
      await new Promise<void>((resolve) => ends.push(resolve));
    });
  const all = Array.from({ length: 2_000 }, () => openFor('greedy'));
  all.push(openFor('honest'));
  await settled();
  const atOnce = opened.length;
  t.ok(atOnce < 1_000, `${atOnce} at once`);
  for (const end of ends.splice(0, 2)) end();
  await settled();
  t.equal(opened.length, atOnce + 2);
  t.ok(opened.includes('honest'), 'after two of the others');
  for (let rest = ends.splice(0); rest.length > 0; rest = ends.splice(0)) {
    t.ok(rest.length <= atOnce);
    for (const end of rest) end();
    await settled();
  }
  await Promise.all(all);
  t.equal(opened.length, 2_001);
});

t.test('an opening that fails makes room for the next', async (t) => {
  const turns = new OpeningTurns();
  const failing = Array.from({ length: 1_000 }, () =>
    turns.run('a', async () => {
      throw new Error('refused');
    }),
  );
  await Promise.allSettled(failing);
  t.equal(await turns.run('b', async () => 'opened'), 'opened');
});
