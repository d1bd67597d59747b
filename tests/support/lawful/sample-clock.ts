import type { Clock } from '../../../broker/procedure/clock/clock.js';

/** A running clock of ten working days of party p, but for what is given. */
export const sampleClock = (given: Partial<Clock> & Pick<Clock, 'due' | 'lateFrom'>): Clock => ({
  id: 'D4',
  start: '2026-02-06T10:00:00+08:00',
  length: 10,
  unit: 'wd',
  party: 'p',
  provisional: false,
  pausedDays: 0,
  extendedDays: 0,
  calendar: 'cn@2026.1',
  state: 'running',
  ...given,
});
