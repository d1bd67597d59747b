import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SESSIONS } from './documents/province.js';
import { filledFolder } from './governance/filled-folder.js';
import type { FillSize } from './governance/filled-plan.js';
import { LAWFUL } from './governance/lawful-seed.js';
import { type Office, workInOffice } from './governance/office-work.js';
import { Officers } from './governance/officers.js';
import { ProvinceLoad } from './governance/province-load.js';
import { type BenchRun, runBench } from './harness/bench-run.js';
import { type BrokerProcess, startBroker } from './processes/broker-process.js';
import { usageOf } from './processes/process-usage.js';

/**
 * A registered bus after years: how fast it starts, how fast officers work on it, alone and with the load of a province, and how much
 * memory it takes.
 */
const WHOLE: FillSize = {
  entries: 40_000,
  openApplications: 20_000,
  refusedApplications: 33_500,
  grants: 6_500,
  records: 1_500_000,
  sessions: SESSIONS,
};
const START_MS_MAX = 1_800_000;
const FILL_SPARE_SECONDS = 7_200;
/** Parts of the bench's time: officers alone, the load alone, both together. */
const SHARE = { office: 0.4, load: 0.2, both: 0.4 };
/**
 * Beside the load officers make some nine calls a second, which is more than forty of them do; without a pause they and the generators of
 * the load would use up both cores.
 */
const OFFICE_PAUSE_MS = 200;

await runBench(
  'governance',
  async (run) => {
    const filled = await filledFolder(run, sizeOf(run.options.share ?? 1), () => start(run));
    const { size, seed, emptyAct } = filled;
    for (const disposable of ['projection', 'ledger.checkpoint'])
      await rm(join(run.folder, 'broker', disposable), { recursive: true, force: true });
    const anew = await start(run);
    const afterAnew = await memoryOf(anew);
    await anew.end();
    const broker = await start(run);
    const afterStart = await memoryOf(broker);
    const { url, roles } = broker;
    const office: Office = { url, roles, officers: new Officers(filled.officerTokens), entry: seed.spare };
    const { seconds } = run.options;
    const alone = await workInOffice(run, office, { seconds: seconds * SHARE.office });
    const afterWork = await memoryOf(broker);
    const load = await ProvinceLoad.open(run, broker, { size, tokens: filled.systemTokens });
    const held = await load.hold(seconds * SHARE.load);
    const [heldBeside, beside] = await Promise.all([
      load.hold(seconds * SHARE.both),
      workInOffice(run, office, { seconds: seconds * SHARE.both, pauseMs: OFFICE_PAUSE_MS }),
    ]);
    return {
      ratio: {
        actFullToEmpty: rounded(alone.figures.act.p50Ms / emptyAct.p50Ms),
        heldRate: rounded(heldBeside.figures.perSecond / (load.rate * load.deliveriesPerEvent)),
      },
      aim: 'ready in 5 s with the projection and 120 s without; with the load of province 600 MB a process, its rate and its p99 <= 250 ms, 50 ms p99 of worklist, search and acts; acts as on an empty ledger',
      figures: {
        size,
        deliveriesPerEvent: rounded(load.deliveriesPerEvent),
        startSeconds: { withProjection: rounded(broker.startSeconds), withoutProjection: rounded(anew.startSeconds) },
        residentMiB: { afterAnew, afterStart, afterWork },
        emptyAct,
        ...alone.figures,
        province: { alone: held.figures, withOffice: heldBeside.figures, office: beside.figures },
      },
      cpuSeconds: { office: alone.cpuSeconds, province: held.cpuSeconds, both: heldBeside.cpuSeconds },
    };
  },
  { isKept: true, spareSeconds: FILL_SPARE_SECONDS },
);

function start(run: BenchRun): Promise<BrokerProcess> {
  return startBroker(run, { ...LAWFUL, startMsMax: START_MS_MAX });
}

function sizeOf(share: number): FillSize {
  return Object.fromEntries(Object.entries(WHOLE).map(([what, count]) => [what, Math.ceil(count * share)])) as never;
}

async function memoryOf({ roles }: BrokerProcess): Promise<Record<string, number | undefined>> {
  const sizes = Object.entries(roles).map(async ([role, pid]) => {
    const usage = await usageOf(pid);
    return [role, usage && Math.round(usage.residentMiB)] as const;
  });
  return Object.fromEntries(await Promise.all(sizes));
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
