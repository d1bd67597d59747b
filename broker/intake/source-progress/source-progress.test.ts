import t from 'tap';
import { waitingEvent as event } from '../../../tests/support/broker/intake.js';
import { RecentPositions } from './recent-positions.js';
import { SourceProgress } from './source-progress.js';

const progress = () => new SourceProgress('a.b', 's', 'EV_0', 'ev.0.a.b.s', new RecentPositions());
const kinds = (source: SourceProgress, ...positions: [position: string, arrival: number][]) =>
  source.judgeAll(positions.map(([position, arrival]) => event(position, arrival))).map(({ kind }) => kind);

t.test('judging an atomic batch changes nothing, however often it is repeated', async (t) => {
  const source = progress();
  source.failed(event('10', 100));
  source.failed(event('11', 101));
  for (let i = 0; i < 2; i++) {
    t.same(
      kinds(source, ['10', 102], ['11', 103], ['12', 104]),
      ['new', 'new', 'new'],
      'it begins with the failed event',
    );
    t.same(kinds(source, ['12', 104], ['13', 105]), ['blocked', 'blocked'], 'it would pass the failed events');
    t.equal(source.judge(event('12', 106)).kind, 'blocked', 'no event went back in between');
  }
});

t.test('a batch with one position twice follows its own event', async (t) => {
  const source = progress();
  t.same(kinds(source, ['1', 1], ['2', 2], ['2', 3], ['3', 4]), ['new', 'new', 'follow', 'new']);
  t.equal(source.epochs.size, 0, 'and makes no epoch');
});

t.test('a stored event is a duplicate from then on, a quarantined one too', async (t) => {
  const source = progress();
  source.stored(event('1', 1), 70);
  t.match(source.judge(event('1', 2)), { kind: 'duplicate', position: 70 });
  t.equal(source.lastOnSubject, 70);
  source.quarantined(event('2', 3));
  t.match(source.judge(event('2', 4)), { kind: 'duplicate', position: 70 });
  t.equal(source.lastOnSubject, 70, 'the log did not move');
});
