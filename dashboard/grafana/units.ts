import type { Text } from './panel.js';

/**
 * Unit ids of Grafana. Where its own unit is written out in English (`evt/s`, `days`, `hour`), the Chinese dashboards have one
 * that is not: a suffix of ours, or hours, minutes and seconds.
 */
export const EVENTS_PER_SECOND: Text = { en: 'eps', zh: 'suffix:条/秒' };
export const REQUESTS_PER_SECOND: Text = { en: 'reqps', zh: 'suffix:次/秒' };
export const PER_SECOND: Text = { en: 'suffix:/s', zh: 'suffix:次/秒' };
export const PER_MINUTE: Text = { en: 'suffix:/min', zh: 'suffix:次/分' };
export const DAYS: Text = { en: 'd', zh: 'suffix:天' };
/** A time of seconds at most. */
export const SECONDS: Text = 's';
/** A time that may be hours or days. */
export const AGE: Text = { en: 's', zh: 'clocks' };
/** A share of 1, shown in percent. */
export const SHARE: Text = 'percentunit';
export const BYTES: Text = 'bytes';
export const BYTES_PER_SECOND: Text = 'binBps';
/** A plain number. */
export const NUMBER: Text = 'short';
