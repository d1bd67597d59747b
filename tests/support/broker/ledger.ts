import type { Test } from 'tap';
import { type Fold, Ledger } from '../../../broker/ledger/ledger.js';
import { Metrics } from '../../../broker/metrics/metrics.js';
import type { Bus } from '../../../broker/nats/bus.js';
import { ensureStreams } from '../../../broker/nats/streams.js';
import { connect, startNats } from '../nats/nats.js';

/** A connection to a new server with empty streams. */
export async function emptyStore(t: Test): Promise<Bus> {
  const bus = await connect(t, await startNats(t));
  await ensureStreams(bus, { partitions: 4, replicas: 1 });
  return bus;
}

/** A ledger with these folds; closed when the test ends. */
export async function openLedger(t: Test, bus: Bus, folds: Fold[], clock: () => number = Date.now): Promise<Ledger> {
  const ledger = await Ledger.open({
    bus,
    metrics: new Metrics().ledger,
    clock,
    staleAfterMs: 10_000,
    folds,
  });
  t.teardown(() => ledger.close());
  return ledger;
}
