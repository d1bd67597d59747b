import t, { type Test } from 'tap';
import { DecisionSource } from '../../../benefits/decisions/decision-source.js';
import { FactFollower } from '../../../benefits/facts/fact-follower.js';
import { dayIn } from '../../../benefits/rules/calendar-date.js';
import { ServerDatabase } from '../../../benefits/store/server-database.js';
import { BenefitBus, checkContext } from '../../support/benefits/benefit-bus.js';
import { birthOf, residenceOf } from '../../support/benefits/benefit-events.js';
import { eventually } from '../../support/condition.js';
import { startPostgres } from '../../support/connectors/postgres.js';
import { ManualClock } from '../../support/manual-clock.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';
import { child, expected, killedAtAnyMoment, subsidies } from './crash-run.js';

t.setTimeout(180_000);
const CHILDREN = 60;
const TODAY = dayIn('Asia/Shanghai')(new Date());

/** The long form is tests/soak/benefits-crash.soak.ts. */
t.test('a check that is killed at any moment publishes each decision exactly once', async (t) => {
  const bus = await BenefitBus.start(t);
  const postgres = await startPostgres(t);
  await betweenCommitAndPublish(t, bus, postgres.url);
  await killedAtAnyMoment(t, bus, { postgres, first: 10, children: CHILDREN, kills: 2 });
  await killedAtAnyMoment(t, bus, { postgres: undefined, first: 10 + CHILDREN, children: CHILDREN, kills: 1 });
});

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
