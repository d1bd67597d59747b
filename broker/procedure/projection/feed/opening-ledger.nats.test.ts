import { join } from 'node:path';
import t from 'tap';
import { emptyStore, openLedger } from '../../../../tests/support/broker/ledger.js';
import { projectionRows } from '../../../../tests/support/broker/projection-rows.js';
import { temporaryFolder } from '../../../../tests/support/nats/nats.js';
import { Ledger } from '../../../ledger/ledger.js';
import type { Act } from '../../../ledger/record.js';
import { Metrics } from '../../../metrics/metrics.js';
import { Projection } from '../projection.js';
import { OpeningLedger } from './opening-ledger.js';

const act = (i: number): Act => ({
  kind: 'application',
  id: `ap-${i % 700}`,
  act: 'file',
  actor: 'officer:wu',
  document: { i },
  step: {
    state: { state: `s${i}`, sides: { own: `d${i % 3}` }, clocks: [], memo: {}, about: [`catalog/p.e${i % 9}`] },
  },
});

t.test(
  'a projection that is opened with its ledger has the rows of one that reads it later, by one reading',
  async (t) => {
    const bus = await emptyStore(t);
    const written = await openLedger(t, bus, []);
    await written.appendAll(() => Array.from({ length: 3_000 }, (_, i) => act(i)));
    await written.close();

    const folder = await temporaryFolder(t);
    const opening = new OpeningLedger(bus);
    let reads = 0;
    const counted = {
      onRecord: opening.onRecord.bind(opening),
      get head() {
        return opening.head;
      },
      bytesAfter: (seq: number, limit?: number) => {
        reads++;
        return opening.bytesAfter(seq, limit);
      },
    };
    const warn = (message: string): void => void t.fail(message);
    const first = new Projection({ ledger: counted, folder: join(folder, 'first'), warn });
    const ledger = await Ledger.open({
      bus,
      metrics: new Metrics().ledger,
      clock: Date.now,
      staleAfterMs: 10_000,
      folds: [opening.fold],
      backpressure: () => first.backpressure(),
    });
    t.teardown(() => ledger.close());
    opening.opened(ledger);
    await first.untilCaughtUp();
    t.equal(reads, 0);
    await ledger.append(() => act(3_001));
    await first.untilCaughtUp();
    await first.close();

    const later = new Projection({ ledger, folder: join(folder, 'later'), warn });
    await later.untilCaughtUp();
    await later.close();
    const [rows, expected] = [projectionRows(join(folder, 'first')), projectionRows(join(folder, 'later'))];
    t.equal((rows.files as string[]).length, 700);
    t.same(rows, expected);
  },
);
