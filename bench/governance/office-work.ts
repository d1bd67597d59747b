import type { BenchRun } from '../harness/bench-run.js';
import { CpuMeter, type CpuSeconds, type Roles } from '../harness/cpu-meter.js';
import type { Percentiles } from '../harness/histogram.js';
import { actLatency, readLatency, type Working } from './latencies.js';
import type { Officers } from './officers.js';

const READINGS = {
  worklistOfReviewer: ['reviewer', ['/v1/desk']],
  worklistOfHead: ['head', ['/v1/desk']],
  worklistOfClerk: ['clerk', ['/v1/desk', '/v1/desk?late=true']],
  search: [
    'applicant',
    ['/v1/catalog?q=births&limit=20', '/v1/catalog?q=出生%20births-39', '/v1/catalog?party=civil-affairs'],
  ],
} as const;

/** Acts alone, and each reading. */
const PHASES = 1 + Object.keys(READINGS).length;

export interface Office {
  url: string;
  roles: Roles;
  officers: Officers;
  /** The entry that is applied for. */
  entry: string;
}

export interface OfficeFigures {
  act: Percentiles;
  [reading: string]: object;
}

/** Acts of officers alone, then each reading with acts beside it. */
export async function workInOffice(
  run: BenchRun,
  { url, roles, officers, entry }: Office,
  { seconds, pauseMs }: Working,
): Promise<{ figures: OfficeFigures; cpuSeconds: CpuSeconds }> {
  const each = { seconds: seconds / PHASES, pauseMs };
  const meter = await CpuMeter.start(roles);
  const figures: OfficeFigures = { act: await actLatency(url, officers, entry, each) };
  for (const [name, [who, paths]] of Object.entries(READINGS)) {
    const [read, beside] = await Promise.all([
      readLatency(url, officers, who, paths, each),
      actLatency(url, officers, entry, each),
    ]);
    figures[name] = { ...read, actBeside: beside };
    run.note(`${name}: ${JSON.stringify(figures[name])}`);
  }
  const { cpuSeconds } = await meter.read();
  return { figures, cpuSeconds };
}
