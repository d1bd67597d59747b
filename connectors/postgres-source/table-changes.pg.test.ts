import t, { type Test } from 'tap';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import { startPostgres } from '../../tests/support/connectors/postgres.js';
import { PostgresFeed as Feed } from '../../tests/support/connectors/postgres-feed.js';
import { eventually, metricValue, person } from '../conformance/lane.js';
import { connectPostgres } from '../runtime/postgres-client.js';
import { emitHeartbeat } from './slot.js';

t.test('changes of a PostgreSQL table are published', async (t) => {
  const bus = await ConnectorBus.start(t);
  const postgres = await startPostgres(t, { max_replication_slots: '30', max_wal_senders: '30' });
  let feeds = 0;
  const feedOf = async (t: Test, more: object = {}): Promise<Feed> => {
    const feed = new Feed(t, postgres, await bus.lane(t), `table_${++feeds}`, more);
    await feed.create();
    return feed;
  };

  t.test('a snapshot in many chunks with changes meanwhile has no gap and no repetition', async (t) => {
    const feed = await feedOf(t, { snapshotRows: 20 });
    const people = Array.from({ length: 400 }, (_none, number) => person(number));
    await feed.put(people);
    feed.start();
    const expected = new Map(people.map((one) => [one.id, one]));
    for (let number = 0; number < 400; number += 7) {
      const { id } = person(number);
      if (number % 2 === 0) {
        await feed.sql(`DELETE FROM ${feed.table} WHERE id = '${id}'`);
        expected.delete(id);
      } else {
        await feed.sql(`UPDATE ${feed.table} SET age = 99 WHERE id = '${id}'`);
        expected.set(id, person(number, { age: 99 }));
      }
    }
    await feed.arrives([...expected.values()]);
    const ops = await feed.ops();
    t.equal(ops.filter((op) => op === 'snapshot_begin').length, 1);
    const shown = ops.filter((op) => op.startsWith('snapshot p-'));
    t.equal(new Set(shown).size, shown.length, 'no record is shown twice');
  });

  t.test('a heartbeat is on disk when it is answered, though the database does not wait for its commits', async (t) => {
    const { url } = postgres;
    await postgres.query('ALTER ROLE CURRENT_USER SET synchronous_commit = off');
    t.teardown(() => postgres.query('ALTER ROLE CURRENT_USER RESET synchronous_commit'));
    const client = await connectPostgres({ url, applicationName: 'test', flushesCommits: true });
    t.teardown(() => client.end());
    await emitHeartbeat(client);
    const { rows } = await client.query("SELECT current_setting('synchronous_commit') AS mode");
    t.same(rows, [{ mode: 'local' }]);
  });

  t.test('a transaction becomes visible at once, with a changed key as delete and create', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([]);
    await eventually(async () => (await feed.ops()).includes('snapshot_end'), 'the empty snapshot');
    await feed.sql(`BEGIN; INSERT INTO ${feed.table} VALUES ('a', 'A', 1, 'd'), ('b', 'B', 2, 'd');
      UPDATE ${feed.table} SET id = 'c' WHERE id = 'a'; DELETE FROM ${feed.table} WHERE id = 'b'; COMMIT`);
    await feed.arrives([{ id: 'c', name: 'A', age: 1, district: 'd' }]);
    t.same((await feed.ops()).slice(2), ['create a', 'create b', 'delete a', 'create c', 'delete b']);
    const positions = (await feed.lane.delivered()).slice(2).map(({ position }) => position);
    t.equal(positions.at(-1)! - positions[0]!, 4, 'no other event lies between them');
  });

  t.test('a refused row of a transaction does not hold back the others', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.sql(`INSERT INTO ${feed.table} VALUES ('a', 'A', 1, 'd'), ('b', 'B', -2, 'd'), ('c', 'C', 3, 'd')`);
    const good = [
      { id: 'a', name: 'A', age: 1, district: 'd' },
      { id: 'c', name: 'C', age: 3, district: 'd' },
    ];
    await feed.arrives(good);
  });

  t.test('an unchanged TOAST value is still part of the published record', async (t) => {
    const feed = await feedOf(t);
    await feed.sql(`ALTER TABLE ${feed.table} ADD COLUMN ballast text`);
    await feed.sql(`ALTER TABLE ${feed.table} ALTER COLUMN ballast SET STORAGE EXTERNAL`);
    await feed.sql(`ALTER TABLE ${feed.table} ALTER COLUMN name SET STORAGE EXTERNAL`);
    feed.start();
    await feed.sql(`INSERT INTO ${feed.table} VALUES ('a', 'A', 1, 'd', repeat('x', 100000))`);
    await feed.sql(`UPDATE ${feed.table} SET age = 2`);
    await feed.arrives([{ id: 'a', name: 'A', age: 2, district: 'd' }]);
  });

  t.test('a truncated table is published by a new snapshot', async (t) => {
    const feed = await feedOf(t);
    await feed.put([person(1), person(2)]);
    feed.start();
    await feed.arrives([person(1), person(2)]);
    await feed.sql(`TRUNCATE ${feed.table}`);
    await feed.sql(`INSERT INTO ${feed.table} VALUES ('z', 'Z', 1, 'd')`);
    await feed.arrives([{ id: 'z', name: 'Z', age: 1, district: 'd' }]);
  });

  for (const [what, loss] of [
    ['dropped', (feed: Feed) => feed.sql(`SELECT pg_drop_replication_slot('${feed.slot}')`)],
    [
      'recreated by somebody else',
      (feed: Feed) =>
        feed.sql(`SELECT pg_drop_replication_slot('${feed.slot}');
          SELECT pg_create_logical_replication_slot('${feed.slot}', 'pgoutput')`),
    ],
  ] as const) {
    t.test(`a slot that was ${what} raises the alarm and all tables are read again`, async (t) => {
      const feed = await feedOf(t);
      await feed.put([person(1), person(2), person(3)]);
      feed.start();
      await feed.arrives([person(1), person(2), person(3)]);
      await feed.stop();
      await feed.sql(`DELETE FROM ${feed.table} WHERE id = '${person(1).id}'`);
      await feed.put([person(4)]);
      await loss(feed);
      await feed.sql(`UPDATE ${feed.table} SET age = 77 WHERE id = '${person(3).id}'`);
      const alarms: number[] = [];
      const alarm = feed.context.metrics.alarm.bind(feed.context.metrics);
      feed.context.metrics.alarm = (name, isOn) => {
        if (name === 'slot_lost') alarms.push(Number(isOn));
        alarm(name, isOn);
      };
      feed.start();
      await feed.arrives([person(2), person(3, { age: 77 }), person(4)]);
      await eventually(() => alarms.at(-1) === 0, 'the end of the alarm');
      t.same(alarms.slice(0, 1), [1], 'the alarm was on');
    });
  }

  t.test('the source drops its slot when the bus is unreachable and too much WAL is retained', async (t) => {
    const feed = await feedOf(t, { maxRetainedWalMb: 4 });
    await feed.put([person(1)]);
    feed.start();
    await feed.arrives([person(1)]);
    await feed.lane.cut();
    await feed.sql(`CREATE TABLE bulk_${feed.table} AS SELECT repeat('x', 500) FROM generate_series(1, 20000)`);
    await feed.put([person(2)]);
    const slots = () => postgres.query(`SELECT 1 FROM pg_replication_slots WHERE slot_name = '${feed.slot}'`);
    await eventually(async () => (await slots()).length === 0, 'the slot to be dropped');
    t.equal(await metricValue(feed.context, 'alarm', 'alarm="detached"'), 1);
    await feed.sql(`DELETE FROM ${feed.table} WHERE id = '${person(1).id}'`);
    await feed.lane.restore();
    await feed.arrives([person(2)]);
    await eventually(
      async () => (await metricValue(feed.context, 'alarm', 'alarm="detached"')) === 0,
      'the alarm to end',
    );
  });

  t.test('the slot advances while only other tables are written', async (t) => {
    const feed = await feedOf(t);
    await feed.put([person(1)]);
    feed.start();
    await feed.arrives([person(1)]);
    await feed.sql(`CREATE TABLE other_${feed.table} AS SELECT repeat('x', 500) FROM generate_series(1, 5000)`);
    const [{ lsn } = { lsn: '' }] = await postgres.query<{ lsn: string }>('SELECT pg_current_wal_lsn()::text AS lsn');
    const isPast = `SELECT confirmed_flush_lsn >= '${lsn}'::pg_lsn AS past FROM pg_replication_slots WHERE slot_name = '${feed.slot}'`;
    await eventually(
      async () => (await postgres.query<{ past: boolean }>(isPast))[0]?.past === true,
      'the slot to move on',
    );
    t.pass('the slot is past the WAL of other tables');
  });
});
