import t from 'tap';
import { sharedPrintable } from './printable.js';

t.test('an epoch that is not printable is refused, as the first of a process too', async (t) => {
  t.equal(sharedPrintable(''), undefined);
  t.equal(sharedPrintable('slot'), 'slot');
  t.equal(sharedPrintable('slot'), 'slot');
  t.equal(sharedPrintable(''), undefined);
  t.equal(sharedPrintable(' slot'), undefined);
  t.equal(sharedPrintable(undefined), undefined);
});
