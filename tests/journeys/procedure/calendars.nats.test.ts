import t from 'tap';
import type { LedgerRecord } from '../../../broker/ledger/record.js';
import { openLedger } from '../../support/broker/ledger.js';
import { eventually } from '../../support/condition.js';
import { dueApplication, FILED_AT } from '../../support/lawful/due-application.js';
import { foundLawfulBus } from '../../support/lawful/lawful-bus.js';
import { CALENDARS } from '../../support/lawful/people.js';
import { connect, startNats } from '../../support/nats/nats.js';

const COUNT = 1_200;

t.test(
  'a calendar that changes more clocks than one batch holds reaches all of them before their old due date',
  async (t) => {
    const nats = await startNats(t);
    const bus = await foundLawfulBus(t, { nats });
    const records: LedgerRecord[] = [];
    const count = (act: string): number => records.filter((record) => record.act === act).length;
    const link = await connect(t, nats);
    await bus.setClock('2026-02-27T10:00:00+08:00');
    const ledger = await openLedger(t, link, [(record) => records.push(record)], () => Date.parse(FILED_AT));
    await ledger.appendAll(() => Array.from({ length: COUNT }, (_, i) => dueApplication(i)));
    const known = CALENDARS[1] as { off: string[] };
    const uploaded = bus.act('huang', '/v1/calendars', { ...known, off: [...known.off, '2026-02-26'] });
    await eventually(
      () => records.some(({ id, act }) => id === 'cn@2026.2' && act === 'create'),
      'the calendar',
      30_000,
    );
    t.ok(count('recomputed') < COUNT, 'the old due date passes while the bus is at it');
    await bus.setClock('2026-02-28T00:00:01+08:00');
    const { recomputed } = await uploaded;
    t.match(recomputed[7], { clock: 'D4', from: '2026-02-27', to: '2026-02-28' });
    t.equal(new Set(recomputed.map(({ file }: { file: { id: string } }) => file.id)).size, COUNT);
    t.match((await bus.read('lin', `/v1/applications/ap-${COUNT - 1}`)).clocks, [
      { id: 'D4', due: '2026-02-28', calendar: 'cn@2026.2', state: 'running' },
    ]);
    t.equal(count('recomputed'), COUNT, 'each once, and the answer waited for them');
    t.equal(count('overdue'), 0, 'none was late by the date that held no more');
    t.equal(new Set(records.filter(({ act }) => act === 'recomputed').map(({ id }) => id)).size, COUNT);
  },
);
