import t from 'tap';
import { Tickets } from './tickets.js';

const digest = 'digest-of-a-token';

t.test('a ticket works once', async (t) => {
  const tickets = new Tickets(() => 0);
  const { ticket } = tickets.issue(digest);
  t.equal(tickets.redeem(ticket), digest);
  t.equal(tickets.redeem(ticket), undefined);
  t.equal(tickets.redeem('never-issued'), undefined);
});

t.test('a ticket expires after 30 seconds', async (t) => {
  let now = 0;
  const tickets = new Tickets(() => now);
  const { ticket } = tickets.issue(digest);
  now = 30_000;
  t.equal(tickets.redeem(ticket), undefined);
});

t.test('unused tickets are bounded, and expired ones make room', async (t) => {
  let now = 0;
  const tickets = new Tickets(() => now);
  for (let i = 0; i < 600; i++) tickets.issue(digest);
  t.throws(() => tickets.issue(digest), { code: 'TOO_MANY' });
  now = 30_000;
  t.doesNotThrow(() => tickets.issue(digest));
});
