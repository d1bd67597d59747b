import t, { type Test } from 'tap';
import { ConnectorBus } from '../../../tests/support/connectors/connector-bus.js';
import { startPostgres } from '../../../tests/support/connectors/postgres.js';
import { PostgresFeed } from '../../../tests/support/connectors/postgres-feed.js';
import { eventually, type Person } from '../../conformance/lane.js';

const row = (id: string, name: string, age = 1): Person => ({ id, name, age, district: 'd' });

t.test('keys that move within a transaction', async (t) => {
  const bus = await ConnectorBus.start(t);
  const postgres = await startPostgres(t, { max_replication_slots: '40', max_wal_senders: '40' });
  let feeds = 0;
  const feedOf = async (t: Test, people: readonly Person[]): Promise<PostgresFeed> => {
    const feed = new PostgresFeed(t, postgres, await bus.lane(t), `keys_${++feeds}`);
    await feed.sql(`CREATE TABLE ${feed.table} (id text, name text, age int, district text,
      PRIMARY KEY (id) DEFERRABLE INITIALLY DEFERRED); ALTER TABLE ${feed.table} REPLICA IDENTITY FULL`);
    await feed.put(people);
    feed.start();
    await feed.arrives(people);
    return feed;
  };

  const CASES: [string, Person[], (table: string) => string, Person[]][] = [
    [
      'two rows that swap their keys keep their values',
      [row('1', 'A'), row('2', 'B')],
      (table) => `UPDATE ${table} SET id = CASE id WHEN '1' THEN '2' ELSE '1' END`,
      [row('1', 'B'), row('2', 'A')],
    ],
    [
      'two rows without a difference that swap their keys stay both',
      [row('1', 'A'), row('2', 'A')],
      (table) => `UPDATE ${table} SET id = CASE id WHEN '1' THEN '2' ELSE '1' END`,
      [row('1', 'A'), row('2', 'A')],
    ],
    [
      'three rows whose keys rotate keep their values',
      [row('1', 'A'), row('2', 'B'), row('3', 'C')],
      (table) => `UPDATE ${table} SET id = CASE id WHEN '1' THEN '2' WHEN '2' THEN '3' ELSE '1' END`,
      [row('1', 'C'), row('2', 'A'), row('3', 'B')],
    ],
    [
      'a successor that is inserted before its predecessor is deleted stays',
      [row('1', 'A')],
      (table) => `BEGIN; INSERT INTO ${table} VALUES ('1', 'B', 2, 'd'); DELETE FROM ${table} WHERE age = 1; COMMIT`,
      [row('1', 'B', 2)],
    ],
    [
      'a row that moves onto the key of a deleted one stays',
      [row('1', 'A'), row('2', 'B')],
      (table) => `BEGIN; UPDATE ${table} SET id = '2' WHERE name = 'A'; DELETE FROM ${table} WHERE name = 'B'; COMMIT`,
      [row('2', 'A')],
    ],
  ];
  for (const [name, before, change, after] of CASES) {
    t.test(name, async (t) => {
      const feed = await feedOf(t, before);
      await feed.sql(change(feed.table));
      await feed.sql(`INSERT INTO ${feed.table} VALUES ('last', 'L', 1, 'd')`);
      await feed.arrives([...after, row('last', 'L')]);
    });
  }

  t.test('keys that shift in a transaction of many parts end as in the table', async (t) => {
    const people = Array.from({ length: 2_500 }, (_none, i) => row(String(10_000 + i), `n${i}`));
    const feed = await feedOf(t, people);
    await feed.sql(`UPDATE ${feed.table} SET id = (id::int + 1)::text`);
    await eventually(
      async () => (await feed.ops()).filter((op) => op === 'snapshot_end').length === 2,
      'the table to be read again',
    );
    await feed.arrives(people.map((one) => ({ ...one, id: String(Number(one.id) + 1) })));
  });
});
