import t from 'tap';
import { Tickets } from './tickets.js';

const digest = 'digest-of-a-token';

/** Tickets of one bus on a clock that the test sets. */
function ticketsAt(clock: () => number, used = new Set<string>(), secret = 'a secret'): Tickets {
  const useOnce = async (id: string): Promise<boolean> => !used.has(id) && used.add(id).has(id);
  return new Tickets({ secret, clock, useOnce });
}

t.test('a ticket works once, also on two brokers', async (t) => {
  const used = new Set<string>();
  const [one, other] = [ticketsAt(() => 0, used), ticketsAt(() => 0, used)];
  const { ticket } = one.issue(digest);
  t.equal(await other.redeem(ticket), digest);
  t.equal(await other.redeem(ticket), undefined);
  t.equal(await one.redeem(ticket), undefined);
});

t.test('a ticket expires after 30 seconds', async (t) => {
  let now = 0;
  const tickets = ticketsAt(() => now);
  const { ticket } = tickets.issue(digest);
  now = 30_000;
  t.equal(await tickets.redeem(ticket), undefined);
});

t.test('nobody without the secret can make or read a ticket', async (t) => {
  const { ticket } = ticketsAt(() => 0).issue(digest);
  t.equal(await ticketsAt(() => 0, new Set(), 'another secret').redeem(ticket), undefined);
  for (const forged of ['', 'x', 'never-issued', `${ticket}A`, ticket.slice(0, -2)]) {
    t.equal(await ticketsAt(() => 0).redeem(forged), undefined, forged);
  }
  t.notMatch(Buffer.from(ticket, 'base64url').toString('latin1'), digest);
});
