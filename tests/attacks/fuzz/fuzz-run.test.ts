import t from 'tap';
import { MixedRun } from './fuzz-run.js';
import type { FuzzTarget, Lane, Surface } from './surface.js';

const LANES = 8;
const INPUTS = 4_000;

/** Each sending has so many inputs and takes some turns of the event loop, more in one lane than in the next. */
const surfaceOf = (name: string, share: number, size: number, sent: Record<string, number>): Surface => ({
  name,
  share,
  dealer: () => (lane) => ({
    inputs: Array.from({ length: size }, (_none, i) => i),
    send: async (inputs) => {
      for (let turn = 0; turn < lane.number; turn++) await new Promise(setImmediate);
      sent[name] = (sent[name] ?? 0) + inputs.length;
      return inputs.length;
    },
  }),
});

t.test('each of several surfaces gets its share of the inputs, and every input is counted', async (t) => {
  const sent: Record<string, number> = {};
  const surfaces = [surfaceOf('many', 0.9, 100, sent), surfaceOf('few', 0.1, 3, sent)];
  const lanes = Array.from({ length: LANES }, (_none, number) => ({ number }) as Lane);
  const run = new MixedRun({ lanes } as unknown as FuzzTarget, surfaces, {
    inputs: INPUTS,
    seed: 1,
    timeLimitMs: 60_000,
  });
  await run.send(INPUTS);
  t.same(run.counts, sent);
  t.ok(run.judged >= INPUTS && run.judged < INPUTS * 1.3, `${run.judged} inputs`);
  t.ok(Math.abs(run.counts.few! / run.judged - 0.1) < 0.03, `${run.counts.few} of the few`);
});
