import t from 'tap';
import { waitingEvent as event } from '../../../tests/support/broker/intake.js';
import { EpochProgress } from './epoch-progress.js';
import { RecentPositions } from './recent-positions.js';

function progress(): EpochProgress {
  const recent = new RecentPositions();
  return new EpochProgress(recent, recent.seedOf('ev.0.a.b.s', ''));
}

const isBlocked = (epoch: EpochProgress, position: string, arrival: number): boolean =>
  epoch.judge(event(position, arrival)).kind === 'blocked';

t.test('a watermark only advances', async (t) => {
  const epoch = progress();
  t.notOk(epoch.covers('0'));
  epoch.advance('5', 50);
  epoch.advance('3', 30);
  t.same([epoch.processed, epoch.logPosition], ['5', 50]);
  t.ok(epoch.covers('5'));
  t.notOk(epoch.covers('5.1'));
});

t.test('a quarantined event advances the watermark and keeps the log position of the last stored one', async (t) => {
  const epoch = progress();
  epoch.advance('5', 50);
  epoch.advance('6', undefined);
  t.same([epoch.processed, epoch.logPosition], ['6', 50]);
});

t.test('an event behind a failed one is blocked until that one is processed', async (t) => {
  const epoch = progress();
  epoch.failed(event('10', 100));
  t.ok(isBlocked(epoch, '11', 101));
  t.notOk(isBlocked(epoch, '10', 102));
  epoch.advance('10', 7);
  t.notOk(isBlocked(epoch, '11', 104));
});

t.test('an earlier event that was queued before the failure does not unblock what came behind it', async (t) => {
  const epoch = progress();
  epoch.failed(event('10', 100));
  epoch.taken(event('9', 99));
  epoch.advance('9', 7);
  epoch.released();
  t.ok(isBlocked(epoch, '11', 101));
});

t.test('every event behind the one that goes back may join its commit', async (t) => {
  const epoch = progress();
  epoch.failed(event('10', 100));
  epoch.failed(event('11', 101));
  epoch.taken(event('10', 102));
  t.equal(epoch.judge(event('12', 103)).kind, 'new');
});

t.test('when the first of several failed events turns out to be stored the others still block', async (t) => {
  const epoch = progress();
  for (const i of [10, 11, 12]) epoch.failed(event(`${i}`, 90 + i));
  epoch.advance('10', 7);
  t.ok(isBlocked(epoch, '13', 103), 'an event that was in flight behind them');
  t.notOk(isBlocked(epoch, '11', 104), 'the source has gone back');
});

t.test('a repeated event that fails blocks nothing because the watermark covers it', async (t) => {
  const epoch = progress();
  epoch.advance('10', 7);
  epoch.failed(event('9', 100));
  t.notOk(isBlocked(epoch, '11', 101));
  epoch.failed(event('11', 102));
  t.ok(isBlocked(epoch, '12', 103));
});
