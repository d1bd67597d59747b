import t from 'tap';
import { printable, printableLine } from './printable.js';
import { table } from './table.js';

const HOSTILE = 'x\u001b[2J\u009b31m\u202eevil\rline\nnext';

t.test('control characters and direction marks are escaped, line feeds only inside one line', async (t) => {
  t.equal(printable(HOSTILE), 'x\\u001b[2J\\u009b31m\\u202eevil\\u000dline\nnext');
  t.equal(printableLine('a\tb\nc'), 'a\\u0009b\\u000ac');
  t.equal(printable('陈小明 – “quoted” 👍🏽'), '陈小明 – “quoted” 👍🏽');
});

t.test('a line of JSON means the same after its control characters are escaped', async (t) => {
  const value = { [HOSTILE]: [HOSTILE] };
  t.strictSame(JSON.parse(printable(JSON.stringify(value))), value);
});

t.test('a cell of a table cannot begin a row of its own', async (t) => {
  t.equal(table(['A'], [['one\ntwo']]).length, 2);
});
