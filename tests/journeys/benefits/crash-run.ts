import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Test } from 'tap';
import { stringify } from 'yaml';
import { dayIn } from '../../../benefits/rules/calendar-date.js';
import { projectRoot } from '../../structure/source-tree.js';
import type { BenefitBus } from '../../support/benefits/benefit-bus.js';
import { birthOf, residenceOf, type Someone } from '../../support/benefits/benefit-events.js';
import { layEmbedded } from '../../support/benefits/embedded-template.js';
import { eventually } from '../../support/condition.js';
import type { TestPostgres } from '../../support/connectors/postgres.js';
import { SeededRandom } from '../../support/seeded-random.js';

const TODAY = dayIn('Asia/Shanghai')(new Date());

export const child = (number: number): Someone => ({
  idNumber: `350102${TODAY.replaceAll('-', '')}${String(number).padStart(3, '0')}X`,
  birthDate: TODAY,
  regionCode: '350102',
});

export const subsidies = async (bus: BenefitBus): Promise<string[]> =>
  (await bus.received('demo-subsidy-payments-token-0123456789', 'g-subsidy-decisions'))
    .map(({ op, subject }) => `${op} ${subject}`)
    .sort();

export const expected = (numbers: number[]): string[] =>
  numbers.map((number) => `create child-care-subsidy/${child(number).idNumber}`).sort();

export interface Killing {
  /** Undefined: the database is embedded in the connector. */
  postgres: TestPostgres | undefined;
  /** Sequence number of the first child. */
  first: number;
  children: number;
  kills: number;
}

/** Kills the check, and its database server in turn, while children are registered; at the end each has one decision. */
export const killedAtAnyMoment = (t: Test, bus: BenefitBus, { postgres, first, children, kills }: Killing) =>
  t.test(
    `a check with ${postgres ? 'a server that is killed too' : 'an embedded database'} loses and repeats no decision when it is killed`,
    async (t) => {
      const random = SeededRandom.fromEnvironment('SLUICE_BENEFITS_SEED');
      t.comment(`seed ${random.seed} (SLUICE_BENEFITS_SEED)`);
      const config = await configFor(t, bus, postgres?.url);
      const numbers = Array.from({ length: children }, (_, index) => index + first);
      const publishedBefore = await subsidies(bus);
      if (!postgres) await layEmbedded(join(dirname(config), 'state', 'benefits-database'));
      let connector = await connect(t, config);
      for (const [round, part] of partsOf(numbers, kills).entries()) {
        await bus.publishAll(part.flatMap((number) => [birthOf(child(number)), residenceOf(child(number))]));
        await new Promise((resolve) => setTimeout(resolve, random.between(0, 400)));
        if (round % 2 === 1 && postgres?.kill) {
          await postgres.kill();
          await postgres.restart?.();
          continue;
        }
        connector.kill('SIGKILL');
        await once(connector, 'exit');
        connector = await connect(t, config);
      }
      // A check with another database is another check: it decides about the earlier children as well.
      const all = [...publishedBefore, ...new Set(publishedBefore), ...expected(numbers)].sort();
      await eventually(async () => (await subsidies(bus)).length >= all.length, 'all decisions', 60_000);
      connector.kill('SIGTERM');
      const [code] = (await once(connector, 'exit')) as [number];
      t.equal(code, 0);
      t.strictSame(await subsidies(bus), all, 'no decision is missing or repeated');
    },
  );

async function configFor(t: Test, bus: BenefitBus, database: string | undefined): Promise<string> {
  const folder = t.testdir();
  const path = join(folder, 'benefits.yaml');
  const config = {
    name: 'benefits',
    connector: 'benefit-check',
    bus: { url: bus.broker.url, token: 'demo-benefit-check-token-0123456789' },
    logLevel: 'error',
    settings: {
      ...(database === undefined ? {} : { database }),
      schema: 'killed',
      rules: [join(projectRoot, 'examples/benefits/newborn/rules.yaml')],
    },
  };
  await writeFile(path, stringify(config));
  return path;
}

/** Resolves when the connector has started. */
async function connect(t: Test, config: string): Promise<ChildProcess> {
  const main = new URL('../../../cli/main.js', import.meta.url).pathname;
  const connector = spawn(process.execPath, [main, 'connect', config], {
    cwd: projectRoot,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => connector.kill('SIGKILL'));
  const ended = once(connector, 'exit').then(([code]) => {
    throw new Error(`the connector ended with ${code}`);
  });
  await Promise.race([once(connector.stdout!, 'data'), ended]);
  ended.catch(() => undefined);
  return connector;
}

function partsOf(numbers: number[], parts: number): number[][] {
  const size = Math.ceil(numbers.length / parts);
  return Array.from({ length: parts }, (_, index) => numbers.slice(index * size, (index + 1) * size));
}
