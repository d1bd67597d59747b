import t from 'tap';
import { FillForecast } from './fill-forecast.js';

const GIB = 1024 ** 3;
const MINUTE_MS = 60_000;

t.test('the store is full when what it fills with has met what is kept back', async (t) => {
  let nowMs = 0;
  const forecast = new FillForecast(() => nowMs);
  const at = (free: number) => forecast.secondsUntilFull({ capacity: 100 * GIB, free: free * GIB });
  t.equal(at(62), Number.POSITIVE_INFINITY, 'nothing is known yet');
  nowMs += MINUTE_MS / 2;
  t.equal(at(61), Number.POSITIVE_INFINITY, 'half a minute says nothing');
  nowMs = 10 * MINUTE_MS;
  t.equal(at(52), 50 * 60, '1 GiB a minute, 50 GiB above the reserve of 2');
  t.equal(at(70), Number.POSITIVE_INFINITY, 'room was made');
  t.equal(at(2), 0, 'events are refused');
});

t.test('only the last hour counts', async (t) => {
  let nowMs = 0;
  const forecast = new FillForecast(() => nowMs);
  for (let minute = 0; minute < 130; minute++) {
    nowMs = minute * MINUTE_MS;
    forecast.secondsUntilFull({ capacity: 100 * GIB, free: Math.max(50, 90 - minute) * GIB });
  }
  t.equal(forecast.secondsUntilFull({ capacity: 100 * GIB, free: 50 * GIB }), Number.POSITIVE_INFINITY);
});
