import t from 'tap';
import { Metrics } from '../metrics.js';
import { partyCountOf } from './party-counts.js';

t.test('what a party must act on is counted by party beside the metrics, and nothing else is', async (t) => {
  const metrics = new Metrics();
  const { intake, quotas, stream, gateway, webhooks, parties } = metrics;
  t.strictSame([...parties.numbers()], [], 'nothing before it happens');
  intake.eventQuarantined('ITEM_INVALID', 'civil');
  intake.eventQuarantined('ITEM_INVALID', 'civil');
  intake.eventQuarantined('UNKNOWN_ITEM', 'civil');
  intake.quarantineMissed('civil');
  quotas.quotaRefused('drafts', 'civil', 3);
  quotas.quotaRefused('drafts', undefined, 1);
  stream.deadLettered('health');
  stream.deadLettered(undefined);
  for (const code of [1000, 4401, 4408, 4429, 4429]) gateway.sessionClosed('sluice.v1.json', code, 'health');
  webhooks.gaveUp('health');
  const counts = Array.from(parties.numbers(), ({ key, counted }) =>
    Object.values(partyCountOf(key, counted)).join(' '),
  );
  t.strictSame(counts, [
    'quarantined_events civil ITEM_INVALID 2',
    'quarantined_events civil UNKNOWN_ITEM 1',
    'quarantine_missed_events civil  1',
    'quota_refusals civil drafts 3',
    'dead_letters health  1',
    'sessions_closed health 4408 1',
    'sessions_closed health 4429 2',
    'notices_given_up health  1',
  ]);
  webhooks.waiting(new Map([['health', 2]]));
  webhooks.waiting(new Map([['civil', 5]]));
  const now = [...parties.numbers()].filter(({ now }) => now !== undefined);
  t.strictSame(
    now.map(({ key, now }) => `${key}${now}`),
    ['waiting_notices health 0', 'waiting_notices civil 5'],
    'what is 0 again is reported as 0',
  );
  t.match(await metrics.text('text'), '\nsluice_webhook_waiting_notices 5\n');
  t.notMatch(await metrics.text('text'), /civil|health/, 'no party is on /metrics');
});
