import t from 'tap';
import { formatLsn, parseLsn } from './lsn.js';
import type { Progress } from './progress.js';
import { whyLost } from './slot.js';

const progress: Progress = {
  systemId: '7',
  timeline: 1,
  slot: 's',
  epoch: 'e',
  confirmedLsn: '1000',
  snapshots: {},
};
const server = { systemId: '7', timeline: 1, walLsn: 2000n };
const slot = { confirmedLsn: 900n, isLost: false };

t.test('a slot that is not further than its source can be gone on with', async (t) => {
  t.equal(whyLost(progress, server, slot), undefined);
  t.equal(whyLost(progress, server, { ...slot, confirmedLsn: 1000n }), undefined);
});

t.test('everything else is told as a loss', async (t) => {
  t.match(whyLost(progress, server, undefined), /gone/);
  t.match(whyLost(progress, server, { ...slot, isLost: true }), /thrown away/);
  t.match(whyLost(progress, server, { ...slot, confirmedLsn: 1001n }), /recreated/);
  t.match(whyLost(progress, { ...server, systemId: '8' }, slot), /another/);
  t.match(whyLost(progress, { ...server, timeline: 2 }, slot), /promoted/);
  t.match(whyLost(progress, { ...server, walLsn: 999n }, slot), /set back/);
});

t.test('an LSN is one number of two halves', async (t) => {
  t.equal(parseLsn('16/B374D848'), 0x16b374d848n);
  t.equal(formatLsn(0x16b374d848n), '16/B374D848');
  t.equal(parseLsn('00000000/00000001'), 1n);
  t.throws(() => parseLsn('16'), TypeError);
});
