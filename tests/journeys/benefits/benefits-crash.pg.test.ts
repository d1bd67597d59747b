import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { stringify } from 'yaml';
import { DecisionSource } from '../../../benefits/decisions/decision-source.js';
import { FactFollower } from '../../../benefits/facts/fact-follower.js';
import { dayIn } from '../../../benefits/rules/calendar-date.js';
import { ServerDatabase } from '../../../benefits/store/server-database.js';
import { projectRoot } from '../../structure/source-tree.js';
import { BenefitBus, checkContext } from '../../support/benefits/benefit-bus.js';
import { birthOf, residenceOf, type Someone } from '../../support/benefits/benefit-events.js';
import { eventually } from '../../support/condition.js';
import { startPostgres, type TestPostgres } from '../../support/connectors/postgres.js';
import { ManualClock } from '../../support/manual-clock.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';
import { SeededRandom } from '../../support/seeded-random.js';

t.setTimeout(180_000);
const CHILDREN = 400;
const KILLS = 5;
const TODAY = dayIn('Asia/Shanghai')(new Date());

t.test('a check that is killed at any moment publishes each decision exactly once', async (t) => {
  const bus = await BenefitBus.start(t);
  const postgres = await startPostgres(t);
  await betweenCommitAndPublish(t, bus, postgres.url);
  await killedAtAnyMoment(t, bus, { postgres, first: 10 });
  await killedAtAnyMoment(t, bus, { postgres: undefined, first: 10 + CHILDREN });
});

const child = (number: number): Someone => ({
  idNumber: `350102${TODAY.replaceAll('-', '')}${String(number).padStart(3, '0')}X`,
  birthDate: TODAY,
  regionCode: '350102',
});

const subsidies = async (bus: BenefitBus): Promise<string[]> =>
  (await bus.received('demo-subsidy-payments-token-0123456789', 'g-subsidy-decisions'))
    .map(({ op, subject }) => `${op} ${subject}`)
    .sort();

const expected = (numbers: number[]): string[] =>
  numbers.map((number) => `create child-care-subsidy/${child(number).idNumber}`).sort();

const betweenCommitAndPublish = (t: Test, bus: BenefitBus, url: string) =>
  t.test(
    'a check that dies between commit and publish, or between publish and confirmation, publishes each decision once',
    async (t) => {
      const open = () => new ServerDatabase(url, 'steps', 'test');
      const first = open();
      const before = await bus.check(first, new ManualClock(TODAY), 'steps');
      await before.settled();
      await before.stop();

      /** Follows the grants until both decisions are in the outbox, and stops before it publishes them. */
      const decideAndStop = async (number: number): Promise<void> => {
        const stop = new AbortController();
        const grants = ['g-check-births', 'g-check-residence'];
        const followers = grants.map((grant) =>
          new FactFollower({ grant, cursor: 'default' }, before.store, checkContext(bus)).run(stop.signal),
        );
        await bus.publish(birthOf(child(number)), residenceOf(child(number)));
        await eventually(async () => (await waiting()) === 2, 'both decisions to wait in the outbox', 30_000);
        stop.abort();
        await Promise.all(followers);
      };
      const waiting = () => first.transaction((sql) => before.store.outbox.size(sql));

      await decideAndStop(1);
      t.strictSame(await subsidies(bus), [], 'decided and not published');
      const second = await bus.check(first, new ManualClock(TODAY), 'steps');
      await second.settled();
      await second.stop();
      t.strictSame(await subsidies(bus), expected([1]), 'published by the next process');

      await decideAndStop(2);
      const { value } = await new DecisionSource(before.store).changes(new AbortController().signal).next();
      const { events } = value!;
      await publishBatch({ url: bus.broker.url, token: 'demo-benefit-check-token-0123456789' }, events);
      t.strictSame(await subsidies(bus), expected([1, 2]), 'published and not confirmed');
      const third = await bus.check(first, new ManualClock(TODAY), 'steps');
      await third.settled();
      await third.stop();
      t.strictSame(await subsidies(bus), expected([1, 2]), 'published once all the same');
      await first[Symbol.asyncDispose]();
    },
  );

interface Killing {
  /** Undefined: the database is embedded in the connector. */
  postgres: TestPostgres | undefined;
  /** Sequence number of the first child. */
  first: number;
}

const killedAtAnyMoment = (t: Test, bus: BenefitBus, { postgres, first }: Killing) =>
  t.test(
    `a check with ${postgres ? 'a server that is killed too' : 'an embedded database'} loses and repeats no decision when it is killed`,
    async (t) => {
      const random = SeededRandom.fromEnvironment('SLUICE_BENEFITS_SEED');
      t.comment(`seed ${random.seed} (SLUICE_BENEFITS_SEED)`);
      const config = await configFor(t, bus, postgres?.url);
      const numbers = Array.from({ length: CHILDREN }, (_, index) => index + first);
      const publishedBefore = await subsidies(bus);
      let connector = await connect(t, config);
      for (const [round, part] of partsOf(numbers, KILLS + 1).entries()) {
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
