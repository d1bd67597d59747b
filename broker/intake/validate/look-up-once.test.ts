import t from 'tap';
import { BIRTHS, ENTRIES } from '../../../tests/support/broker/intake.js';
import { LookUpOnce } from './look-up-once.js';

t.test('every entry is looked up once, even one that does not exist', async (t) => {
  const asked: string[] = [];
  const compiled = (id: string) => {
    asked.push(id);
    return ENTRIES.compiled(id);
  };
  const entries = new LookUpOnce({ compiled });
  for (let i = 0; i < 3; i++) {
    t.equal(entries.compiled(BIRTHS), ENTRIES.compiled(BIRTHS));
    t.equal(entries.compiled('no.such'), undefined);
  }
  t.same(asked, [BIRTHS, 'no.such']);
});
