import t from 'tap';
import { table } from './table.js';

t.test('columns are as wide as their widest cell, Chinese characters counted as two columns', async (t) => {
  t.same(
    table(
      ['A', 'B'],
      [
        ['出生', 'x'],
        ['abc', 'y'],
      ],
    ),
    ['A     B', '出生  x', 'abc   y'],
  );
});
