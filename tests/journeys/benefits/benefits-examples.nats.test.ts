import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { projectRoot } from '../../structure/source-tree.js';
import { BenefitBus, SCENARIOS } from '../../support/benefits/benefit-bus.js';
import { openEmbedded } from '../../support/benefits/embedded-template.js';
import { ManualClock } from '../../support/manual-clock.js';
import { publishLines } from '../../support/raw-client/raw-http.js';

t.setTimeout(120_000);

/** Scenario → the receiving departments: token, grant, number of decisions. */
const RECEIVERS: Record<(typeof SCENARIOS)[number], [string, string, number][]> = {
  newborn: [
    ['demo-subsidy-payments-token-0123456789', 'g-subsidy-decisions', 2],
    ['demo-insurance-enrolment-token-0123456789', 'g-enrolment-decisions', 2],
  ],
  death: [['demo-pension-payments-token-0123456789', 'g-pension-decisions', 2]],
  'old-age': [['demo-allowance-payments-token-0123456789', 'g-allowance-decisions', 1]],
  move: [['demo-taijiang-assistance-token-0123456789', 'g-files-to-taijiang', 1]],
  'business-start': [
    ['demo-tax-enrolment-token-0123456789', 'g-tax-preparations', 1],
    ['demo-employer-accounts-token-0123456789', 'g-account-preparations', 1],
    ['demo-seal-records-token-0123456789', 'g-seal-preparations', 1],
  ],
  'licence-end': [
    ['demo-tax-supervision-token-0123456789', 'g-tax-licence-ends', 1],
    ['demo-supplier-register-token-0123456789', 'g-procurement-licence-ends', 1],
  ],
};

t.test('the events of each example scenario lead to decisions that its departments receive', async (t) => {
  const bus = await BenefitBus.start(t);
  const database = await openEmbedded(t);
  const check = await bus.check(database, new ManualClock('2026-11-24'));
  for (const scenario of SCENARIOS) {
    const folder = join(projectRoot, 'examples/benefits', scenario);
    for (const file of readdirSync(folder).filter((name) => name.endsWith('.ndjson'))) {
      const lines = readFileSync(join(folder, file), 'utf8').trim().split('\n');
      // A file is named after the system that publishes it.
      const results = await publishLines(
        { url: bus.broker.url, token: `demo-${file.replace('.ndjson', '')}-token-0123456789` },
        lines,
      );
      for (const [index, { position, problem }] of results.entries()) {
        t.equal(problem, undefined, `${scenario}/${file}:${index + 1}`);
        bus.published.set((JSON.parse(lines[index]!) as { type: string }).type, position ?? 0);
      }
    }
    await check.settled();
    for (const [token, grant, count] of RECEIVERS[scenario]) {
      const applying = (await bus.received(token, grant)).filter(
        ({ op, data }) => op !== 'leave' && data?.outcome === 'applies',
      );
      t.ok(applying.length >= count, `${scenario}: ${grant}`);
    }
  }
  await check.stop();
  await database[Symbol.asyncDispose]();
});
