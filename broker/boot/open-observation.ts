import type { Logger } from 'pino';
import type { Config } from '../config.js';
import type { AcceptedEvents } from '../intake/accepted-events.js';
import type { Metrics } from '../metrics/metrics.js';
import type { Bus } from '../nats/bus.js';
import type { StoreSpace } from '../nats/space/store-space.js';
import type { Store } from '../nats/streams.js';
import { EntryFigures } from '../observe/entry-figures.js';
import { GrantLag } from '../observe/grant-lag.js';
import { GrantWatch } from '../observe/grant-watch.js';
import { LagCounter } from '../observe/lag/lag-counter.js';
import { LateEntries } from '../observe/late-entries.js';
import { PartyFigures } from '../observe/party-figures.js';
import { QuarantineAges } from '../observe/quarantine-ages.js';
import { StoreWatch } from '../observe/store-watch.js';
import type { Stream } from '../stream/open-stream.js';
import type { Governance } from './governance.js';
import type { ProcessRole } from './process-role.js';
import type { ReleaseStack } from './release-stack.js';
import { acceptedCounts, cursorUses, partyCounts } from './shared-counts.js';

export interface ObservationDeps {
  bus: Bus;
  store: Pick<Store, 'partitions'>;
  space: StoreSpace;
  stream: Stream;
  accepted: AcceptedEvents;
  governance: Governance;
  metrics: Metrics;
  log: Pick<Logger, 'warn'>;
  config: Pick<Config, 'replicas'>;
  role: ProcessRole;
  releases: ReleaseStack;
  clock(): number;
}

/** Read models that are asked over HTTP. */
export interface Observation {
  storeWatch: Pick<StoreWatch, 'warnings'>;
  grantLag: GrantLag;
  entryFigures: EntryFigures;
  partyFigures: PartyFigures;
}

/** Starts what watches over grants, entries and the store, and counts lag from the events of the started stream. */
export function openObservation(deps: ObservationDeps): Observation {
  const { bus, store, space, stream, accepted, governance, metrics, role, releases, clock } = deps;
  const { catalog, grants, parties, permissions, ledger } = governance;
  const counter = new LagCounter({ ...stream, bus, grants, entries: catalog, clock });
  const receipts = stream.receipts.chain;
  const counts = acceptedCounts(role, accepted);
  const late = new LateEntries({ bus, catalog, counts, metrics: metrics.grants, clock });
  const quarantine = new QuarantineAges({ bus, parties });
  const storeWatch = new StoreWatch({
    bus,
    partitions: store.partitions,
    replicas: deps.config.replicas,
    space,
    ledger,
    receipts,
    metrics,
    // One of several workers logs it.
    onDrift: (message) => void (role.isFirst && deps.log.warn(`a setting of the store was changed: ${message}`)),
  });
  const watches = [
    counter,
    new GrantWatch({ grants, counter, metrics: metrics.grants, clock }),
    late,
    storeWatch,
    quarantine,
  ];
  for (const watch of watches) watch.start();
  releases.add('observation', async () => {
    for (const watch of watches) watch.stop();
  });
  const uses = cursorUses(role, stream.traffic);
  return {
    storeWatch,
    grantLag: new GrantLag({ ...stream, grants, permissions, entries: catalog, counter, uses, clock }),
    entryFigures: new EntryFigures({ counts, late, permissions }),
    partyFigures: new PartyFigures({
      counts: partyCounts(role, metrics.parties),
      quarantine,
      permissions,
      wallMs: () => Date.now(),
    }),
  };
}
