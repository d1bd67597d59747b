import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { WatchedTurns } from './watched-turns.js';

t.test('turns of the start are left out, those that began to be measured later are reported', async (t) => {
  const file = join(t.testdir(), 'turns.json');
  const longest = (sinceMs: number, ms: number): void =>
    writeFileSync(file, JSON.stringify({ sinceMs, ms, cpuMs: ms / 2 }));
  longest(Date.now() - 500, 300);
  const turns = new WatchedTurns(file);
  t.teardown(() => turns.stop());
  t.same(turns.take(), { turnMs: 0, turnCpuMs: 0 });
  longest(Date.now() + 500, 40);
  t.same(turns.take(), { turnMs: 40, turnCpuMs: 20 });
});
