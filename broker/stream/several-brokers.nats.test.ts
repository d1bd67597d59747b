import t from 'tap';
import { follow, person, publishMany, startEngine } from '../../tests/support/engine-follow.js';
import { PullReader } from './pull-reader.js';

t.test('the newer session on a grant and cursor wins, also on another broker', async (t) => {
  const { fixture, engine } = await startEngine(t);
  const other = await fixture.engine(t);
  const first = await follow(engine);
  const second = await follow(engine, { session: 's2' });
  await first.sink.until(() => first.sink.ended !== undefined);
  t.equal(first.sink.ended?.code, 'SUPERSEDED');
  const third = await follow(other, { session: 's3' });
  await second.sink.until(() => second.sink.ended !== undefined);
  t.equal(second.sink.ended?.code, 'SUPERSEDED');
  const position = await fixture.publish('create', person(1));
  await third.sink.until(() => third.sink.events.length === 1);
  third.subscription.ack(position);
  await third.sink.until(() => third.sink.acked === position);
});

t.test('where the log is read late, what another broker has delivered already does not come again', async (t) => {
  const { fixture, engine } = await startEngine(t);
  const reader = engine.readers.at(0);
  await reader.stop();
  const positions = (await publishMany(fixture, 0, 10)).sort((a, b) => a - b);
  const { sink } = await follow(engine, { from: { after: positions[6] as number } });
  const pages = new PullReader(engine, fixture.entries, () => undefined);
  const acknowledged = { system: 'reader', grant: 'g', cursor: 'pages', narrow: undefined };
  t.equal(await pages.acknowledge({ ...acknowledged, position: positions[8] as number }), positions[8]);
  await t.rejects(pages.acknowledge({ ...acknowledged, position: 1000 }), { code: 'ACK_BEYOND_SENT' });
  await reader.start();
  positions.push(await fixture.publish('create', person(10)));
  await sink.until(() => sink.positions.includes(positions[10] as number));
  t.strictSame(sink.positions, positions.slice(7));
});
