import t, { type Test } from 'tap';
import { ConnectorBus } from '../../../tests/support/connectors/connector-bus.js';
import { startPostgres } from '../../../tests/support/connectors/postgres.js';
import { PostgresFeed } from '../../../tests/support/connectors/postgres-feed.js';
import { eventually } from '../../conformance/lane.js';

const row = (id: string, name: string) => ({ id, name, age: 1, district: 'd' });

t.test('a table is the one that was read', async (t) => {
  const bus = await ConnectorBus.start(t);
  const postgres = await startPostgres(t, {
    max_replication_slots: '40',
    max_wal_senders: '40',
    max_prepared_transactions: '4',
  });
  let feeds = 0;
  const feedOf = async (t: Test, more: object = {}): Promise<PostgresFeed> => {
    const feed = new PostgresFeed(t, postgres, await bus.lane(t), `identity_${++feeds}`, more);
    await feed.create();
    await feed.sql(`INSERT INTO ${feed.table} VALUES ('1', 'a', 1, 'd')`);
    return feed;
  };
  const swap = (feed: PostgresFeed) =>
    feed.sql(`CREATE TABLE ${feed.table}_new (LIKE ${feed.table} INCLUDING ALL);
      ALTER TABLE ${feed.table}_new REPLICA IDENTITY FULL;
      INSERT INTO ${feed.table}_new VALUES ('1', 'reloaded', 1, 'd'), ('2', 'new', 1, 'd');
      BEGIN; ALTER TABLE ${feed.table} RENAME TO ${feed.table}_old;
      ALTER TABLE ${feed.table}_new RENAME TO ${feed.table}; COMMIT;
      INSERT INTO ${feed.table} VALUES ('3', 'after', 1, 'd');
      INSERT INTO ${feed.table}_old VALUES ('4', 'into the former table', 1, 'd')`);
  const swapped = [row('1', 'reloaded'), row('2', 'new'), row('3', 'after')];

  t.test('a table that is swapped by name while the source runs is read again', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await swap(feed);
    await feed.arrives(swapped);
  });

  t.test('a table that is swapped by name while the source is stopped is read again', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await feed.stop();
    await swap(feed);
    feed.start();
    await feed.arrives(swapped);
  });

  t.test('a table that is dropped and created again is read again', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await feed.sql(`BEGIN; DROP TABLE ${feed.table}; CREATE TABLE ${feed.table} (id text PRIMARY KEY, name text, age int, district text);
      ALTER TABLE ${feed.table} REPLICA IDENTITY FULL; COMMIT; INSERT INTO ${feed.table} VALUES ('9', 'z', 1, 'd')`);
    await feed.arrives([row('9', 'z')]);
  });

  t.test('a table that was out of the publication for a while is read again', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await feed.stop();
    await feed.sql(`ALTER PUBLICATION ${feed.table} DROP TABLE ${feed.table};
      UPDATE ${feed.table} SET name = 'unseen'; ALTER PUBLICATION ${feed.table} ADD TABLE ${feed.table}`);
    feed.start();
    await feed.arrives([row('1', 'unseen')]);
  });

  t.test('a publication that was dropped leads to a new epoch', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await feed.stop();
    await feed.sql(`DROP PUBLICATION ${feed.table}; UPDATE ${feed.table} SET name = 'unseen'`);
    feed.start();
    await feed.arrives([row('1', 'unseen')]);
  });

  t.test('a mapped column whose values are rewritten without change events is read again', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await feed.sql(`ALTER TABLE ${feed.table} ALTER COLUMN name TYPE text USING name || ' rewritten'`);
    await feed.arrives([row('1', 'a rewritten')]);
  });

  t.test('an enum or a composite type whose values are written otherwise is read again', async (t) => {
    const feed = await feedOf(t);
    await feed.sql(`CREATE TYPE ${feed.table}_mood AS ENUM ('a', 'b'); CREATE TYPE ${feed.table}_pair AS (one ${feed.table}_mood);
      ALTER TABLE ${feed.table} ALTER name TYPE ${feed.table}_mood USING name::${feed.table}_mood,
        ALTER district TYPE ${feed.table}_pair USING ROW('b')::${feed.table}_pair`);
    feed.start();
    await feed.arrives([{ ...row('1', 'a'), district: '(b)' }]);
    await feed.sql(`ALTER TYPE ${feed.table}_mood RENAME VALUE 'a' TO 'glad'`);
    await feed.arrives([{ ...row('1', 'glad'), district: '(b)' }]);
    await feed.stop();
    await feed.sql(`ALTER TYPE ${feed.table}_pair ADD ATTRIBUTE two int`);
    feed.start();
    await feed.arrives([{ ...row('1', 'glad'), district: '(b,)' }]);
  });

  t.test('a transaction that was prepared before its table was published is in the snapshot', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await feed.stop();
    await feed.sql(`ALTER PUBLICATION ${feed.table} DROP TABLE ${feed.table}`);
    await feed.sql(
      `BEGIN; INSERT INTO ${feed.table} VALUES ('2', 'prepared', 1, 'd'); PREPARE TRANSACTION '${feed.table}'`,
    );
    feed.start();
    const asked = new Set<unknown>();
    await eventually(async () => {
      const rows = await feed.sql(`SELECT query_start::text AS asked FROM pg_stat_activity
        WHERE application_name = 'sluice feed' AND query LIKE '%pg_locks%'`);
      for (const one of rows as { asked: string }[]) asked.add(one.asked);
      return asked.size > 1;
    }, 'the source to look for writers again and again');
    await feed.sql(`INSERT INTO ${feed.table} VALUES ('3', 'later', 1, 'd')`);
    await feed.sql(`COMMIT PREPARED '${feed.table}'`);
    await feed.arrives([row('1', 'a'), row('2', 'prepared'), row('3', 'later')]);
  });

  t.test('a column that is mapped later is filled for old rows', async (t) => {
    const feed = await feedOf(t, {});
    feed.columns = { id: 'id', name: 'name', age: 'age' };
    feed.start();
    await eventually(async () => (await feed.ops()).includes('snapshot_end'), 'the first snapshot');
    await feed.stop();
    feed.columns = { id: 'id', name: 'name', age: 'age', district: 'district' };
    feed.start();
    await feed.arrives([row('1', 'a')]);
  });

  t.test('a table whose entry gets another filterable item while the source runs is read again', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await bus.makeFilterable(feed.lane, 'name');
    const again = ['snapshot_begin', 'snapshot 1', 'snapshot_end'];
    await eventually(async () => (await feed.ops()).join() === [...again, ...again].join(), 'the second snapshot');
    await feed.sql(`UPDATE ${feed.table} SET name = 'b'`);
    await feed.arrives([row('1', 'b')]);
    t.equal(await feed.lane.quarantined(), 0, 'the change has the previous name');
  });

  t.test('changes that cannot be read stop the source, and the next start skips them with a snapshot', async (t) => {
    const feed = await feedOf(t);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    feed.mayFail = true;
    await feed.stop();
    await feed.sql(`ALTER TABLE ${feed.table} REPLICA IDENTITY DEFAULT; UPDATE ${feed.table} SET name = 'b'`);
    await feed.sql(`ALTER TABLE ${feed.table} REPLICA IDENTITY FULL; UPDATE ${feed.table} SET name = 'c'`);
    feed.start();
    t.match(await feed.failed, { code: 'SOURCE_UNFIT', message: /start the connector again/ });
    feed.start();
    await feed.arrives([row('1', 'c')]);
    await feed.stop();
    feed.start();
    await feed.sql(`UPDATE ${feed.table} SET name = 'd'`);
    await feed.arrives([row('1', 'd')]);
  });

  t.test(
    'a replica identity that is changed while the source runs stops it, and putting it right is enough',
    async (t) => {
      const feed = await feedOf(t);
      feed.mayFail = true;
      feed.start();
      await feed.arrives([row('1', 'a')]);
      await feed.sql(`ALTER TABLE ${feed.table} REPLICA IDENTITY DEFAULT`);
      await feed.sql(`UPDATE ${feed.table} SET name = 'b'`);
      t.match(await feed.failed, { code: 'SOURCE_UNFIT', message: /REPLICA IDENTITY FULL/ });
      await feed.sql(`ALTER TABLE ${feed.table} REPLICA IDENTITY FULL`);
      await feed.sql(`UPDATE ${feed.table} SET name = 'c'`);
      feed.start();
      await feed.arrives([row('1', 'c')]);
    },
  );
});
