import t from 'tap';
import type { Caller } from '../parties/caller.js';
import { Tickets } from './tickets.js';

const caller: Caller = { kind: 'system', id: 'reader', party: 'office', may: ['subscribe'] };

t.test('a ticket works once', async (t) => {
  const tickets = new Tickets(() => 0);
  const { ticket } = tickets.issue(caller);
  t.same(tickets.redeem(ticket), caller);
  t.equal(tickets.redeem(ticket), undefined);
  t.equal(tickets.redeem('never-issued'), undefined);
});

t.test('a ticket expires after 30 seconds', async (t) => {
  let now = 0;
  const tickets = new Tickets(() => now);
  const { ticket } = tickets.issue(caller);
  now = 30_000;
  t.equal(tickets.redeem(ticket), undefined);
});

t.test('unused tickets are bounded, and expired ones make room', async (t) => {
  let now = 0;
  const tickets = new Tickets(() => now);
  for (let i = 0; i < 600; i++) tickets.issue(caller);
  t.throws(() => tickets.issue(caller), { code: 'TOO_MANY' });
  now = 30_000;
  t.doesNotThrow(() => tickets.issue(caller));
});
