import type { BenchRun } from '../harness/bench-run.js';
import { portOf, Source } from '../harness/source.js';
import { SubscriberGroup } from '../harness/subscriber-group.js';
import { waitUntil } from '../harness/wait-until.js';
import type { Seed } from './lawful-seed.js';
import type { Officers } from './officers.js';
import { FILLER_COUNT, PROVIDER } from './seed-documents.js';

const IN_FORCE_MS_MAX = 30_000;
const CREDIT = 100;

/** Delivers events to the seed's grants, which puts them in force: after years, few grants wait for their first delivery. */
export async function deliverOnce(
  run: BenchRun,
  url: string,
  { officers, seed, sourceToken }: { officers: Officers; seed: Seed; sourceToken: string },
): Promise<void> {
  const subscriptions = seed.approved.map(({ grant }) => ({ grant, credit: CREDIT }));
  const target = { port: portOf(url), token: seed.token, encoding: 'sluice.v1.protobuf' as const, sampled: false };
  const group = await SubscriberGroup.openSluice(run, [{ ...target, subscriptions }]);
  const plan = { entries: [seed.entry], zipf: 0, codes: 50, prefix: 'seed', fillers: FILLER_COUNT };
  const source = await Source.overSockets(run, url, plan, { [PROVIDER]: sourceToken });
  await source.publish({ rate: 10, seconds: 1, unansweredMax: CREDIT });
  await waitUntil('the first delivery of every grant', IN_FORCE_MS_MAX, async () => {
    const states = seed.approved.map(({ grant }) => officers.call(url, 'head', 'GET', `/v1/grants/${grant}`));
    return (await Promise.all(states)).every(({ state }) => state === 'in_force');
  });
  await source.end();
  await group.end();
}
