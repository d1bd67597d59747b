import t from 'tap';
import { fitted, shortened, table, width } from './table.js';

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

t.test('rare characters of names count as two columns, accents as none', async (t) => {
  t.equal(width('𠮷田'), 4);
  t.equal(width('e\u0301'), 1);
});

t.test('a text that does not fit is cut at its end, an id in its middle', async (t) => {
  t.equal(fitted('出生登记信息', 7), '出生登…');
  t.equal(shortened('grant-of-a-department-77', 12), 'grant-…nt-77');
  t.equal(shortened('grant', 5), 'grant');
  for (const columns of [0, 1, 2, 5, 6]) t.ok(width(shortened('出生登记信息', columns)) <= columns);
});
