import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LogPosition } from './log-position.js';

test('a log position covers itself and what comes before it in its epoch', () => {
  const position = new LogPosition('e1', 7);
  assert.equal(position.covers(new LogPosition('e1', 7)), true);
  assert.equal(position.covers(new LogPosition('e1', 6)), true);
  assert.equal(position.covers(new LogPosition('e1', 8)), false);
});

test('log positions of two epochs are neither after each other nor cover each other', () => {
  const [earlier, later] = [new LogPosition('e1', 7), new LogPosition('e2', 3)];
  for (const [a, b] of [
    [earlier, later],
    [later, earlier],
  ] as const) {
    assert.equal(a.covers(b), false);
    assert.equal(a.isAfter(b), false);
  }
});

test('a log position has a number only within its own epoch', () => {
  const stored = LogPosition.of({ log: 'e1', position: 7 });
  assert.equal(stored.within('e1'), 7);
  assert.equal(stored.within('e2'), undefined);
});
