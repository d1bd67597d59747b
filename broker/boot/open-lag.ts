import type { Bus } from '../nats/bus.js';
import { usesOfOneProcess } from '../observe/cursor-uses.js';
import { GrantLag } from '../observe/grant-lag.js';
import { LagCounter } from '../observe/lag/lag-counter.js';
import type { Stream } from '../stream/open-stream.js';
import type { Governance } from './governance.js';
import type { ProcessRole } from './process-role.js';
import type { ReleaseStack } from './release-stack.js';
import { SharedUses } from './shared-uses.js';

export interface OpenLagDeps {
  bus: Bus;
  stream: Stream;
  governance: Governance;
  role: ProcessRole;
  releases: ReleaseStack;
  clock(): number;
}

/** Starts to count what the cursors have not acknowledged, from the events of the started stream. */
export function openLag({ bus, stream, governance, role, releases, clock }: OpenLagDeps): GrantLag {
  const { catalog, grants, permissions } = governance;
  const counter = new LagCounter({
    ...{ ...stream, bus, grants, clock },
    entries: catalog,
  });
  counter.start();
  releases.add('lag', async () => counter.stop());
  const uses = role.isWorker ? new SharedUses(stream.traffic) : usesOfOneProcess(stream.traffic);
  return new GrantLag({ ...stream, grants, permissions, entries: catalog, counter, uses, clock });
}
