import t from 'tap';
import { deliveryRefusal } from './delivery-refusal.js';

t.test('delivery is refused from the moment at which the period of the grant is over', async (t) => {
  const grant = { expiresAtMs: 1_000 };
  t.equal(deliveryRefusal(grant, { isFresh: true }, 999), undefined);
  t.equal(deliveryRefusal(grant, { isFresh: true }, 1_000)?.code, 'EXPIRED');
});

t.test('delivery is refused while the ledger is stale', async (t) => {
  t.equal(deliveryRefusal({ expiresAtMs: 1_000 }, { isFresh: false }, 0)?.code, 'LEDGER_OUT_OF_SIGHT');
});
