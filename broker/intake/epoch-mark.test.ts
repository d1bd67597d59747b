import t from 'tap';
import { EpochMark } from './epoch-mark.js';

t.test('a mark only rises', async (t) => {
  const mark = new EpochMark();
  t.notOk(mark.covers('0'));
  mark.raise('5', 50);
  mark.raise('3', 30);
  t.same([mark.handled, mark.position], ['5', 50]);
  t.ok(mark.covers('5'));
  t.notOk(mark.covers('5.1'));
});

t.test('a quarantined event raises the mark and leaves the position of the last stored one', async (t) => {
  const mark = new EpochMark();
  mark.raise('5', 50);
  mark.raise('6', undefined);
  t.same([mark.handled, mark.position], ['6', 50]);
});

t.test('what comes after a refused event is blocked until that one comes again', async (t) => {
  const mark = new EpochMark();
  mark.refuse('10', 100);
  t.ok(mark.isBlocked('11', 101));
  t.notOk(mark.isBlocked('10', 102));
  mark.succeed('10', 103, 7);
  t.notOk(mark.isBlocked('11', 104));
});

t.test('an event that was in the queue before the failure does not end it', async (t) => {
  const mark = new EpochMark();
  mark.refuse('10', 100);
  mark.succeed('9', 99, 7);
  t.ok(mark.isBlocked('11', 101));
});

t.test('the earliest refused one counts', async (t) => {
  const mark = new EpochMark();
  mark.refuse('10', 100);
  mark.refuse('12', 102);
  mark.refuse('8', 98);
  t.ok(mark.isBlocked('9', 99));
  mark.succeed('8', 103, 1);
  t.notOk(mark.isBlocked('9', 104));
});

t.test('a failed event that turns out to be stored blocks nothing', async (t) => {
  const mark = new EpochMark();
  mark.refuse('10', 100);
  mark.raise('10', 7);
  t.notOk(mark.isBlocked('11', 101));
});

t.test('where the first of several failed events turns out to be stored the others are still missing', async (t) => {
  const mark = new EpochMark();
  mark.refuse('10', 100);
  mark.refuse('11', 101);
  mark.refuse('12', 102);
  mark.raise('10', 7);
  t.ok(mark.isBlocked('13', 103), 'what was under way behind them');
  t.notOk(mark.isBlocked('11', 104), 'the source has gone back');
});

t.test('a repeated event that fails blocks nothing: it is handled already', async (t) => {
  const mark = new EpochMark();
  mark.raise('10', 7);
  mark.refuse('9', 100);
  t.notOk(mark.isBlocked('11', 101));
  mark.refuse('11', 102);
  t.ok(mark.isBlocked('12', 103));
});
