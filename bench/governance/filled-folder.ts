import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { BenchRun } from '../harness/bench-run.js';
import type { Percentiles } from '../harness/histogram.js';
import type { BrokerProcess } from '../processes/broker-process.js';
import { registerSystems } from './departments.js';
import { type FillSize, sourceOf, systemsOf } from './filled-plan.js';
import { deliverOnce } from './first-delivery.js';
import { actLatency } from './latencies.js';
import { type Seed, seedBus } from './lawful-seed.js';
import { fillLedger } from './ledger-fill.js';
import { PROVIDER } from './seed-documents.js';

const EMPTY_SECONDS = 10;
/** A folder that another version has filled is filled anew. */
const VERSION = 2;

/** Content of a folder that is filled. */
export interface Filled {
  version: number;
  size: FillSize;
  seed: Seed;
  officerTokens: Record<string, string>;
  systemTokens: Record<string, string>;
  /** Milliseconds of an act on the bus before it was filled. */
  emptyAct: Percentiles;
}

/** Fills the folder of the run unless that was done before. */
export async function filledFolder(
  run: BenchRun,
  size: FillSize,
  start: () => Promise<BrokerProcess>,
): Promise<Filled> {
  const file = join(run.folder, 'filled.json');
  const text = await readFile(file, 'utf8').catch(() => '{}');
  const known = JSON.parse(text) as Filled;
  if (known.version === VERSION) {
    run.note(`${run.folder} is filled already`);
    return known;
  }
  await rm(file, { force: true });
  const folder = join(run.folder, 'broker');
  for (const left of [folder, join(run.folder, 'broker.rights.ndjson')])
    await rm(left, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const broker = await start();
  const { officers, seed } = await seedBus(broker.url);
  const emptyAct = await actLatency(broker.url, officers, seed.spare, { seconds: EMPTY_SECONDS });
  const systemTokens = await registerSystems(broker.url, officers, systemsOf(size));
  run.note(`${Object.keys(systemTokens).length} systems are registered`);
  const sourceToken = systemTokens[sourceOf(PROVIDER)] as string;
  await deliverOnce(run, broker.url, { officers, seed, sourceToken });
  await broker.end();
  await fillLedger(run, folder, seed, size);
  // The journal of rights takes the records that no broker has appended, which a bus does as they come.
  await (await start()).end();
  const filled = { version: VERSION, size, seed, officerTokens: officers.tokens, systemTokens, emptyAct };
  await writeFile(file, JSON.stringify(filled), { mode: 0o600 });
  return filled;
}
