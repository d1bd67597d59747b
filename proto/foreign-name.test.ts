import t from 'tap';
import { quotedName } from './foreign-name.js';

t.test('a quoted name is shortened to 64 characters', async (t) => {
  t.equal(quotedName('n'.repeat(1_000)), 'n'.repeat(64));
  t.equal(quotedName('district'), 'district');
});

t.test('a quoted name holds neither control characters nor half a surrogate pair', async (t) => {
  t.equal(quotedName('a\nlevel=fatal\u001b[2J'), 'a\ufffdlevel=fatal\ufffd[2J');
  t.equal(quotedName(`${'n'.repeat(63)}😀`), `${'n'.repeat(63)}\ufffd`);
});

t.test('a name that is no string is quoted as its string', async (t) => {
  t.equal(quotedName(17), '17');
  t.equal(quotedName(undefined), 'undefined');
});
