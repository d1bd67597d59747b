import { type BenchGrant, type Bundle, benchBundle, benchGrant } from '../documents/bench-bundle.js';
import { benchEntry } from '../documents/bench-entry.js';
import { type BrokerOptions, type BrokerProcess, startBroker } from '../processes/broker-process.js';
import type { BenchRun } from './bench-run.js';
import { operate } from './operator.js';

export interface BusPlan {
  subscribers: string[];
  entries: string[];
  grants: BenchGrant[];
  options?: BrokerOptions | undefined;
}

/** Starts a broker with the departments, entries and grants of a bench. */
export async function startBus(run: BenchRun, plan: BusPlan): Promise<BrokerProcess> {
  const broker = await startBroker(run, plan.options);
  await fillBus(broker.url, plan);
  return broker;
}

/** Declares them on a broker that runs. */
export async function fillBus(url: string, plan: Omit<BusPlan, 'options'>): Promise<void> {
  const bundle = benchBundle(plan.subscribers, plan.entries.map(benchEntry), plan.grants.map(benchGrant));
  for (const part of inParts(bundle)) await operate(url, 'POST', '/v1/bundles', part);
}

/** Documents per request, so that the body stays far below the limit of the route. */
const PART_DOCUMENTS = 1000;

/** Splits a bundle so that each part refers only to documents of earlier parts. */
function* inParts({ parties, systems, entries, grants }: Bundle): Generator<Partial<Bundle>> {
  for (const part of slices(parties)) yield { parties: part };
  for (const part of slices(systems)) yield { systems: part };
  for (const part of slices(entries)) yield { entries: part };
  for (const part of slices(grants)) yield { grants: part };
}

function* slices<T>(all: T[]): Generator<T[]> {
  for (let at = 0; at < all.length; at += PART_DOCUMENTS) yield all.slice(at, at + PART_DOCUMENTS);
}
