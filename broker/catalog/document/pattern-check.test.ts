import { performance } from 'node:perf_hooks';
import t from 'tap';
import { LinearityJudge } from './linearity-judge.js';
import { checkPattern } from './pattern-check.js';

/** Each takes the analysis a good part of its half second. */
const SLOW_TO_JUDGE = Array.from({ length: 4 }, (_, i) => `^(a|b${i}|ab)*(a|b|ab|ba)*(c|d|cd${i})*(ab|cd|a|b)*$`);
/** A few milliseconds on a quiet machine; in the event loop the patterns would take two seconds. */
const BUSY_MS_MAX = 1_000;

t.test('patterns are judged without holding the event loop', async (t) => {
  // Starts the worker, which is not what is measured.
  t.equal(await checkPattern('^[A-Z]{2}$'), 'linear');
  const before = performance.eventLoopUtilization();
  const verdicts = await Promise.all(SLOW_TO_JUDGE.map(checkPattern));
  const { active } = performance.eventLoopUtilization(before);
  t.notOk(verdicts.includes('linear'), 'not linear, or unproven on a busy machine');
  t.ok(active < BUSY_MS_MAX, `the event loop was busy for ${active.toFixed(0)} ms`);
});

t.test('a pattern whose analysis takes longer than its time is unproven, and the next one is judged', async (t) => {
  const hurried = new LinearityJudge(1);
  const proofs = await Promise.all(SLOW_TO_JUDGE.map((pattern) => hurried.prove(pattern)));
  t.same(new Set(proofs), new Set(['unproven']));
  t.equal(await new LinearityJudge().prove('^[0-9]{17}[0-9X]$'), 'linear');
});

t.test('questions that wait are answered in order, each with its own verdict', async (t) => {
  const patterns = ['^x+$', '^(x+)+$', '[', '^y*$', '(y*)*z'];
  const verdicts = await Promise.all(patterns.map(checkPattern));
  t.same(verdicts, ['linear', 'not_linear', 'not_a_pattern', 'linear', 'not_linear']);
});
