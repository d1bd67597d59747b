import t from 'tap';
import { findCycles } from './import-cycles.js';

const graph = (arrows: Record<string, string[]>) => new Map(Object.entries(arrows));

t.test('no cycle is found in a tree or a diamond', async (t) => {
  t.strictSame(findCycles(graph({ a: ['b', 'c'], b: ['d'], c: ['d'], d: [] })), []);
});

t.test('a cycle is found wherever it starts', async (t) => {
  t.strictSame(findCycles(graph({ a: ['b'], b: ['c'], c: ['d'], d: ['b'] })), [['b', 'c', 'd', 'b']]);
  t.strictSame(findCycles(graph({ a: ['a'] })), [['a', 'a']]);
});
