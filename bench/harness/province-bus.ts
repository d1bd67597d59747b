import { type BenchGrant, tokenOf } from '../documents/bench-bundle.js';
import { isSlow, provinceGrants, provinceSystems, ZIPF } from '../documents/province.js';
import type { SluiceTarget } from '../load/sluice-subscriber.js';
import { startBroker } from '../processes/broker-process.js';
import type { BenchRun } from './bench-run.js';
import { portOf } from './source.js';
import { startBus } from './subscribed-bus.js';

const ENTRIES = 40_000;
/** Read rate of a slow session, far below what it is sent in the flat-out phase. */
const SLOW_BYTES_PER_SECOND = 64 * 1024;
const SAMPLED_EVERY = 20;

export function entryIds(count = ENTRIES): string[] {
  return Array.from({ length: count }, (_, i) => `bench.e${i}`);
}

/** Fills a bus and restarts its broker, since the time of a start depends on what is stored. */
export async function startProvince(run: BenchRun, entries = entryIds()) {
  const { grants, ...perEvent } = provinceGrants(entries, ZIPF);
  const filling = await startBus(run, { subscribers: provinceSystems(), entries, grants });
  await filling.end();
  run.note(`${entries.length} entries and ${grants.length} grants are stored`);
  const broker = await startBroker(run);
  return { broker, startSeconds: broker.startSeconds, ...perEvent };
}

export function provinceTargets(url: string, entries = entryIds()): SluiceTarget[] {
  return targetsOf(url, provinceGrants(entries, ZIPF).grants, provinceSystems(), tokenOf);
}

/** A session for each system, which follows all grants of the system. */
export function targetsOf(
  url: string,
  grants: readonly Pick<BenchGrant, 'id' | 'system'>[],
  systems: readonly string[],
  tokenOfSystem: (system: string) => string,
): SluiceTarget[] {
  return systems.map((system, i) => ({
    port: portOf(url),
    token: tokenOfSystem(system),
    encoding: 'sluice.v1.protobuf',
    sampled: i % SAMPLED_EVERY === 0,
    ...(isSlow(system) && { bytesPerSecond: SLOW_BYTES_PER_SECOND }),
    subscriptions: grants.filter((grant) => grant.system === system).map(({ id }) => ({ grant: id, credit: 10_000 })),
  }));
}

/** A session that follows one grant, and measures nothing. */
export function targetOf(url: string, { id, system }: Pick<BenchGrant, 'id' | 'system'>): SluiceTarget {
  return {
    port: portOf(url),
    token: tokenOf(system),
    encoding: 'sluice.v1.protobuf',
    sampled: false,
    subscriptions: [{ grant: id, credit: 1000 }],
  };
}
