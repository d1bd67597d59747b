import t from 'tap';
import { compareSourcePositions, isSourcePosition } from './source-position.js';

t.test('source positions are dotted decimals', async (t) => {
  for (const good of ['0', '7', '23456789.12', '18446744073709551615.1', '1.2.3.4.5.6.7.8']) {
    t.ok(isSourcePosition(good), good);
  }
  for (const bad of [
    '',
    '.',
    '1.',
    '.1',
    '1..2',
    '-1',
    '1e3',
    'A/B',
    '0x1',
    ' 1',
    '1\n',
    '1.2.3.4.5.6.7.8.9',
    '1'.repeat(21),
  ]) {
    t.notOk(isSourcePosition(bad), JSON.stringify(bad));
  }
});

t.test('source positions are compared number by number, not as strings', async (t) => {
  const ascending = [
    '0',
    '0.1',
    '1',
    '1.0',
    '1.2',
    '1.2.0',
    '1.10',
    '2',
    '9.9',
    '10',
    '10.0.1',
    '18446744073709551615',
  ];
  for (const [i, a] of ascending.entries()) {
    for (const [j, b] of ascending.entries()) {
      t.equal(Math.sign(compareSourcePositions(a, b)), Math.sign(i - j), `${a} against ${b}`);
    }
  }
});

t.test('leading zeros do not count in source positions', async (t) => {
  t.equal(compareSourcePositions('007.01', '7.1'), 0);
  t.ok(compareSourcePositions('00', '1') < 0);
});
