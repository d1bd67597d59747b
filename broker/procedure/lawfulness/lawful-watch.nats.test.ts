import t from 'tap';
import { emptyStore, openLedger } from '../../../tests/support/broker/ledger.js';
import { sampleClock } from '../../../tests/support/lawful/sample-clock.js';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import type { Act } from '../../ledger/record.js';
import { Metrics } from '../../metrics/metrics.js';
import type { Clock } from '../clock/clock.js';
import type { NoticeOrder } from '../files/file.js';
import { Projection } from '../projection/projection.js';
import { LawfulWatch } from './lawful-watch.js';

const NOW = '2026-03-10T00:00:00.000Z';

const clock = (id: string, lateFrom: string, more: Partial<Clock> = {}): Clock =>
  sampleClock({ id, due: lateFrom.slice(0, 10), lateFrom, ...more });

interface Made {
  clocks?: Clock[];
  document?: object;
  notices?: NoticeOrder[];
}

const act = (
  kind: 'application' | 'violation',
  id: string,
  state: string,
  { clocks = [], document = {}, notices = [] }: Made = {},
): Act => {
  const made = { state, sides: { own: 'd' }, clocks, memo: {}, about: [] };
  return { kind, id, act: 'file', actor: 'bus', document, step: { state: made, notices } };
};

const read = (party: string, seq: number, ordinal: number): Act => {
  const id = `no-${String(seq).padStart(12, '0')}-${ordinal}`;
  return { kind: 'notice', id, act: 'read', actor: 'officer:wu', document: { party } };
};

t.test('deadlines, violations and unread notices of all files are counted, and named by kind alone', async (t) => {
  const ledger = await openLedger(t, await emptyStore(t), []);
  const projection = new Projection({
    ledger,
    folder: await temporaryFolder(t),
    warn: (message) => t.comment(message),
  });
  t.teardown(() => projection.close());
  const metrics = new Metrics();
  const watch = new LawfulWatch({ projection, metrics: metrics.lawful, clock: () => Date.parse(NOW) });
  const shown = async (): Promise<string[]> => {
    await watch.watch();
    const text = await metrics.text('text');
    return text.split('\n').filter((line) => line.startsWith('sluice_lawful_') && !line.endsWith(' 0'));
  };

  await ledger.appendAll(
    () =>
      [
        act('application', 'ap-1', 'filed', {
          clocks: [clock('D4', '2026-03-10T16:00:00Z'), clock('R23.D4', '2026-03-16T16:00:00Z')],
        }),
        act('application', 'ap-2', 'filed', {
          clocks: [clock('D4', '2026-05-01T16:00:00Z'), clock('D9', '2026-05-01T16:00:00Z', { state: 'paused' })],
        }),
        act('application', 'ap-3', 'filed', {
          clocks: [
            clock('D1', '2026-03-01T16:00:00Z', { state: 'late' }),
            clock('D4', '2026-03-01T16:00:00Z', { state: 'met' }),
          ],
        }),
        act('application', 'ap-4', 'filed', {
          clocks: [
            clock('D1', '2026-03-01T16:00:00Z', { state: 'late', doneAt: NOW }),
            clock('X7', '2026-03-12T16:00:00Z'),
          ],
        }),
        act('violation', 'vi-1', 'open', {
          document: { code: 'P4' },
          notices: [{ kind: 'violation', to: ['d', 'p'] }],
        }),
        act('violation', 'vi-2', 'ordered', { document: { code: 'P4' }, notices: [{ kind: 'violation', to: 'all' }] }),
        act('violation', 'vi-3', 'open', { document: { code: 'of a case that names somebody' } }),
        act('violation', 'vi-4', 'closed', { document: { code: 'C2' } }),
      ] as Act[],
  );
  t.same(await shown(), [
    'sluice_lawful_clocks{clock="D1",due="overdue"} 1',
    'sluice_lawful_clocks{clock="D4",due="1d"} 1',
    'sluice_lawful_clocks{clock="D4",due="later"} 1',
    'sluice_lawful_clocks{clock="D9",due="paused"} 1',
    'sluice_lawful_clocks{clock="R23",due="7d"} 1',
    'sluice_lawful_clocks{clock="other",due="3d"} 1',
    'sluice_lawful_violations{code="other"} 1',
    'sluice_lawful_violations{code="P4"} 2',
    'sluice_lawful_unread_notices 2',
  ]);

  await ledger.appendAll(() => [
    read('d', 5, 1),
    read('d', 5, 1),
    read('p', 6, 1),
    act('violation', 'vi-1', 'dismissed', { document: { code: 'P4' } }),
    act('application', 'ap-3', 'filed'),
  ]);
  const later = await shown();
  t.match(later.join('\n'), 'sluice_lawful_unread_notices 1', 'a reading of its own counts, once');
  t.match(later.join('\n'), 'sluice_lawful_violations{code="P4"} 1');
  t.notMatch(later.join('\n'), 'overdue');
});
