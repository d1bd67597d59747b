import t from 'tap';
import { ERROR_KINDS } from '../../../proto/errors.js';
import { CHINESE_TITLES } from './chinese-titles.js';

const LAWFUL_FIRST = 'NOT_YOUR_ROLE';
const LAWFUL_LAST = 'BREAK_GLASS';

t.test('every code of the procedure has a title in Chinese', async (t) => {
  const codes = Object.keys(ERROR_KINDS) as (keyof typeof ERROR_KINDS)[];
  for (const code of codes.slice(codes.indexOf(LAWFUL_FIRST), codes.indexOf(LAWFUL_LAST) + 1)) {
    t.match(CHINESE_TITLES[code], /\p{Script=Han}/u, code);
  }
});
