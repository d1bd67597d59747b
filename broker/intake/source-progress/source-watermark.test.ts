import t from 'tap';
import { WaitingEvent } from '../queue/waiting-event.js';
import { SourceWatermark } from './source-watermark.js';

const flow = {};
const event = (position: string, arrival: number): WaitingEvent => {
  const route = { system: 's', entry: 'a.b', subject: 'ev.0.a.b.s', partition: 0, ttlSeconds: undefined };
  const place = { position, epoch: '' };
  const fields = {
    id: position,
    op: 'create',
    route,
    place,
    arrival,
    flow,
    bytes: undefined,
    refusal: undefined,
  } as const;
  return new WaitingEvent(fields, () => undefined);
};

t.test('a mark only rises', async (t) => {
  const mark = new SourceWatermark();
  t.notOk(mark.covers('0'));
  mark.advance('5', 50);
  mark.advance('3', 30);
  t.same([mark.handled, mark.position], ['5', 50]);
  t.ok(mark.covers('5'));
  t.notOk(mark.covers('5.1'));
});

t.test('a quarantined event raises the mark and leaves the position of the last stored one', async (t) => {
  const mark = new SourceWatermark();
  mark.advance('5', 50);
  mark.advance('6', undefined);
  t.same([mark.handled, mark.position], ['6', 50]);
});

t.test('what comes after a refused event is blocked until that one is handled', async (t) => {
  const mark = new SourceWatermark();
  mark.refuse(event('10', 100));
  t.ok(mark.isBlocked(event('11', 101)));
  t.notOk(mark.isBlocked(event('10', 102)));
  mark.advance('10', 7);
  t.notOk(mark.isBlocked(event('11', 104)));
});

t.test('an event before it that was in the queue does not free what came behind', async (t) => {
  const mark = new SourceWatermark();
  mark.refuse(event('10', 100));
  mark.begin(event('9', 99));
  mark.advance('9', 7);
  t.ok(mark.isBlocked(event('11', 101)));
});

t.test('behind the event that goes back everything may come in the same commit', async (t) => {
  const mark = new SourceWatermark();
  mark.refuse(event('10', 100));
  mark.refuse(event('11', 101));
  mark.begin(event('10', 102));
  t.notOk(mark.isBlocked(event('12', 103)));
});

t.test('where the first of several failed events turns out to be stored the others are still missing', async (t) => {
  const mark = new SourceWatermark();
  for (const i of [10, 11, 12]) mark.refuse(event(`${i}`, 90 + i));
  mark.advance('10', 7);
  t.ok(mark.isBlocked(event('13', 103)), 'what was under way behind them');
  t.notOk(mark.isBlocked(event('11', 104)), 'the source has gone back');
});

t.test('a repeated event that fails blocks nothing: it is handled already', async (t) => {
  const mark = new SourceWatermark();
  mark.advance('10', 7);
  mark.refuse(event('9', 100));
  t.notOk(mark.isBlocked(event('11', 101)));
  mark.refuse(event('11', 102));
  t.ok(mark.isBlocked(event('12', 103)));
});
