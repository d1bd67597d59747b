import t from 'tap';
import type { Progress } from './progress.js';
import { slotLossReason } from './slot.js';
import { parseLsn } from './stream/lsn.js';

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

t.test('a slot at or behind the progress of its source can be resumed', async (t) => {
  t.equal(slotLossReason(progress, server, slot), undefined);
  t.equal(slotLossReason(progress, server, { ...slot, confirmedLsn: 1000n }), undefined);
});

t.test('a slot, server or timeline that does not match the progress is reported as lost', async (t) => {
  t.match(slotLossReason(progress, server, undefined), /gone/);
  t.match(slotLossReason(progress, server, { ...slot, isLost: true }), /removed WAL/);
  t.match(slotLossReason(progress, server, { ...slot, confirmedLsn: 1001n }), /recreated/);
  t.match(slotLossReason(progress, { ...server, systemId: '8' }, slot), /another/);
  t.match(slotLossReason(progress, { ...server, timeline: 2 }, slot), /promoted/);
  t.match(slotLossReason(progress, { ...server, walLsn: 999n }, slot), /restored/);
});

t.test('an LSN is parsed into one number, and a malformed one is refused', async (t) => {
  t.equal(parseLsn('16/B374D848'), 0x16b374d848n);
  t.equal(parseLsn('00000000/00000001'), 1n);
  t.throws(() => parseLsn('16'), TypeError);
});
