import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { actLatency, readLatency } from './governance/latencies.js';
import { LAWFUL, type Seed, seedBus } from './governance/lawful-seed.js';
import { type FillSize, fillLedger } from './governance/ledger-fill.js';
import { Officers } from './governance/officers.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { CpuMeter } from './harness/cpu-meter.js';
import { type BrokerProcess, startBroker } from './processes/broker-process.js';
import { usageOf } from './processes/process-usage.js';

/** A registered bus after years: how fast it starts, how fast officers work on it, and how much memory it takes. */
const WHOLE: FillSize = {
  entries: 40_000,
  openApplications: 20_000,
  refusedApplications: 33_500,
  grants: 6_500,
  records: 1_500_000,
};
const START_MS_MAX = 1_800_000;
const EMPTY_SECONDS = 10;
const FILL_SPARE_SECONDS = 7_200;

/** Content of a folder that is filled. */
interface Filled {
  size: FillSize;
  seed: Seed;
  tokens: Record<string, string>;
  /** Milliseconds of an act on the bus before it was filled. */
  emptyActP50Ms: number;
  emptyActP99Ms: number;
}

await runBench(
  'governance',
  async (run) => {
    const filled = await filledFolder(run);
    for (const disposable of ['projection', 'ledger.checkpoint'])
      await rm(join(run.folder, 'broker', disposable), { recursive: true, force: true });
    const anew = await start(run);
    const afterAnew = await memoryOf(anew);
    await anew.end();
    const broker = await start(run);
    const afterStart = await memoryOf(broker);
    const { figures, cpuSeconds } = await measure(run, broker, filled);
    const { act } = figures;
    return {
      ratio: { actFullToEmpty: Math.round((act.p50Ms / filled.emptyActP50Ms) * 100) / 100 },
      aim: 'ready in 5 s with the projection and 120 s without, 600 MB a process, 50 ms p99 of worklist, search and acts, acts as on an empty ledger',
      figures: {
        size: filled.size,
        startSeconds: { withProjection: broker.startSeconds, withoutProjection: anew.startSeconds },
        residentMiB: { afterAnew, afterStart, afterWork: await memoryOf(broker) },
        emptyAct: { p50Ms: filled.emptyActP50Ms, p99Ms: filled.emptyActP99Ms },
        ...figures,
      },
      cpuSeconds: { work: cpuSeconds },
    };
  },
  { isKept: true, spareSeconds: FILL_SPARE_SECONDS },
);

function start(run: BenchRun): Promise<BrokerProcess> {
  return startBroker(run, { ...LAWFUL, startMsMax: START_MS_MAX });
}

/** Fills the folder unless that was done before. */
async function filledFolder(run: BenchRun): Promise<Filled> {
  const file = join(run.folder, 'filled.json');
  const known = await readFile(file, 'utf8').catch(() => undefined);
  if (known !== undefined) {
    run.note(`${run.folder} is filled already`);
    return JSON.parse(known) as Filled;
  }
  const folder = join(run.folder, 'broker');
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const broker = await start(run);
  const { officers, seed } = await seedBus(broker.url);
  const empty = await actLatency(broker.url, officers, seed.spare, EMPTY_SECONDS);
  await broker.end();
  const size = sizeOf(run.options.share ?? 1);
  await fillLedger(run, folder, seed, size);
  // The journal of rights takes the records that no broker has appended, which a bus does as they come.
  await (await start(run)).end();
  const filled = { size, seed, tokens: officers.tokens, emptyActP50Ms: empty.p50Ms, emptyActP99Ms: empty.p99Ms };
  await writeFile(file, JSON.stringify(filled), { mode: 0o600 });
  return filled;
}

function sizeOf(share: number): FillSize {
  return Object.fromEntries(Object.entries(WHOLE).map(([what, count]) => [what, Math.ceil(count * share)])) as never;
}

/** Each reading alone, with acts beside it. */
async function measure(run: BenchRun, { url, roles }: BrokerProcess, { seed, tokens }: Filled) {
  const officers = new Officers(tokens);
  const seconds = run.options.seconds / 6;
  const meter = await CpuMeter.start(roles);
  const act = await actLatency(url, officers, seed.spare, seconds);
  const readings = {
    worklistOfReviewer: ['reviewer', ['/v1/desk']],
    worklistOfHead: ['head', ['/v1/desk']],
    worklistOfClerk: ['clerk', ['/v1/desk', '/v1/desk?late=true']],
    search: [
      'applicant',
      ['/v1/catalog?q=births&limit=20', '/v1/catalog?q=出生%20births-39', '/v1/catalog?party=civil-affairs'],
    ],
  } as const;
  const figures: Record<string, object> = {};
  for (const [name, [who, paths]] of Object.entries(readings)) {
    const [read, beside] = await Promise.all([
      readLatency(url, officers, who, paths, seconds),
      actLatency(url, officers, seed.spare, seconds),
    ]);
    figures[name] = { ...read, actBeside: beside };
    run.note(`${name}: ${JSON.stringify(figures[name])}`);
  }
  const { cpuSeconds } = await meter.read();
  return { figures: { act, ...figures }, cpuSeconds };
}

async function memoryOf({ roles }: BrokerProcess): Promise<Record<string, number | undefined>> {
  const sizes = Object.entries(roles).map(async ([role, pid]) => {
    const usage = await usageOf(pid);
    return [role, usage && Math.round(usage.residentMiB)] as const;
  });
  return Object.fromEntries(await Promise.all(sizes));
}
