import t, { type Test } from 'tap';
import { ConnectorBus } from '../../../tests/support/connectors/connector-bus.js';
import { startPostgres } from '../../../tests/support/connectors/postgres.js';
import { PostgresFeed } from '../../../tests/support/connectors/postgres-feed.js';

const row = (id: string, name: string) => ({ id, name, age: 1, district: 'd' });
const COLUMNS = 'name text, age int, district text';

t.test('a table that cannot be published completely', async (t) => {
  const bus = await ConnectorBus.start(t);
  const postgres = await startPostgres(t, { max_replication_slots: '40', max_wal_senders: '40' });
  let feeds = 0;
  const feedOf = async (t: Test, more: object = {}): Promise<PostgresFeed> =>
    new PostgresFeed(t, postgres, await bus.lane(t), `unfit_${++feeds}`, more);
  const made = async (feed: PostgresFeed): Promise<unknown[]> => [
    ...((await feed.sql(`SELECT pubname FROM pg_publication WHERE pubname = '${feed.table}'`)) as unknown[]),
    ...((await feed.sql(`SELECT slot_name FROM pg_replication_slots WHERE slot_name = '${feed.slot}'`)) as unknown[]),
  ];

  const REFUSED: [string, (table: string) => string, RegExp, object?][] = [
    [
      'a table with child tables is refused, naming them',
      (
        table,
      ) => `CREATE TABLE ${table} (id text PRIMARY KEY, ${COLUMNS}); CREATE TABLE ${table}_2026 () INHERITS (${table});
        ALTER TABLE ${table} REPLICA IDENTITY FULL`,
      /child tables unfit_\d+_2026/,
    ],
    [
      'a partitioned table is refused',
      (table) => `CREATE TABLE ${table} (id text PRIMARY KEY, ${COLUMNS}) PARTITION BY HASH (id)`,
      /partitioned table/,
    ],
    [
      'a view is refused',
      (table) => `CREATE VIEW ${table} AS SELECT '1' AS id, 'a' AS name, 1 AS age, 'd' AS district`,
      /is a view/,
    ],
    [
      'an unlogged table is refused',
      (table) =>
        `CREATE UNLOGGED TABLE ${table} (id text PRIMARY KEY, ${COLUMNS}); ALTER TABLE ${table} REPLICA IDENTITY FULL`,
      /unlogged/,
    ],
    [
      'a mapped array of boxes is refused',
      (table) =>
        `CREATE TABLE ${table} (id text PRIMARY KEY, name text, age int, district box[]); ALTER TABLE ${table} REPLICA IDENTITY FULL`,
      /district is an array of boxes/,
    ],
    [
      'a key without a unique index is refused',
      (table) => `CREATE TABLE ${table} (id text NOT NULL, ${COLUMNS}); ALTER TABLE ${table} REPLICA IDENTITY FULL`,
      /no unique index/,
      { key: ['id'] },
    ],
  ];
  for (const [name, create, message, table] of REFUSED) {
    t.test(`${name}, before anything is made at the source`, async (t) => {
      const feed = await feedOf(t);
      if (table) feed.tableSettings = table;
      await feed.sql(create(feed.table));
      feed.mayFail = true;
      feed.start();
      t.match(await feed.failed, { code: 'SOURCE_UNFIT', message });
      t.same(await made(feed), []);
    });
  }

  t.test('a table with row security for this user is refused', async (t) => {
    const feed = await feedOf(t);
    await feed.create();
    await feed.sql(`CREATE ROLE reader_${feed.table} LOGIN REPLICATION; GRANT SELECT ON ${feed.table} TO reader_${feed.table};
      ALTER TABLE ${feed.table} ENABLE ROW LEVEL SECURITY`);
    feed.database = Object.assign(new URL(postgres.url), { username: `reader_${feed.table}` }).href;
    feed.mayFail = true;
    feed.start();
    t.match(await feed.failed, { code: 'SOURCE_UNFIT', message: /row security/ });
  });

  t.test('a stored generated column lets statements of the department succeed', async (t) => {
    const feed = await feedOf(t);
    await feed.create();
    await feed.sql(`ALTER TABLE ${feed.table} ADD COLUMN search text GENERATED ALWAYS AS (upper(name)) STORED;
      INSERT INTO ${feed.table} VALUES ('1', 'a', 1, 'd')`);
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await feed.sql(`UPDATE ${feed.table} SET name = 'b'`);
    await feed.arrives([row('1', 'b')]);
    await feed.sql(`DELETE FROM ${feed.table}`);
    await feed.arrives([]);
  });

  t.test('a virtual generated column added later stops the source, and statements succeed again', async (t) => {
    const feed = await feedOf(t);
    await feed.create();
    await feed.sql(`INSERT INTO ${feed.table} VALUES ('1', 'a', 1, 'd')`);
    feed.mayFail = true;
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await feed.sql(`ALTER TABLE ${feed.table} ADD COLUMN search text GENERATED ALWAYS AS (upper(name)) VIRTUAL`);
    t.match(await feed.failed, { code: 'SOURCE_UNFIT', message: /search is a virtual generated column/ });
    await t.resolves(feed.sql(`UPDATE ${feed.table} SET name = 'b'`));
  });

  t.test('a virtual generated column added while the source was stopped is found at its start', async (t) => {
    const feed = await feedOf(t);
    await feed.create();
    await feed.sql(`INSERT INTO ${feed.table} VALUES ('1', 'a', 1, 'd')`);
    feed.mayFail = true;
    feed.start();
    await feed.arrives([row('1', 'a')]);
    await feed.stop();
    await feed.sql(`ALTER TABLE ${feed.table} ADD COLUMN search text GENERATED ALWAYS AS (upper(name)) VIRTUAL;
      INSERT INTO ${feed.table} VALUES ('2', 'b', 1, 'd')`);
    feed.start();
    t.match(await feed.failed, { code: 'SOURCE_UNFIT', message: /search is a virtual generated column/ });
    await t.resolves(feed.sql(`UPDATE ${feed.table} SET name = 'c'; DELETE FROM ${feed.table} WHERE id = '1'`));
    await feed.sql(`ALTER TABLE ${feed.table} DROP COLUMN search`);
    feed.start();
    await feed.arrives([row('2', 'c')]);
  });

  const PREPARED: [string, (name: string) => string, RegExp][] = [
    ['a row filter', (name) => `CREATE PUBLICATION ${name} FOR TABLE ${name} WHERE (age > 5)`, /leaves out rows/],
    ['a column list', (name) => `CREATE PUBLICATION ${name} FOR TABLE ${name} (id, name)`, /leaves out columns/],
    [
      'inserts only',
      (name) => `CREATE PUBLICATION ${name} FOR TABLE ${name} WITH (publish = 'insert')`,
      /does not publish delete/,
    ],
    [
      'another table',
      (name) => `CREATE TABLE ${name}_o (id int); CREATE PUBLICATION ${name} FOR TABLE ${name}_o`,
      /is not in it/,
    ],
  ];
  for (const [what, create, message] of PREPARED) {
    t.test(`a prepared publication with ${what} is refused and left as it is`, async (t) => {
      const feed = await feedOf(t);
      await feed.create();
      await feed.sql(create(feed.table));
      const definition = () =>
        feed.sql(`SELECT p.xmin, r.oid, r.xmin AS member FROM pg_publication p JOIN pg_publication_rel r ON prpubid = p.oid
          WHERE pubname = '${feed.table}'`);
      const before = await definition();
      feed.mayFail = true;
      feed.start();
      t.match(await feed.failed, { code: 'SOURCE_UNFIT', message });
      t.strictSame(await definition(), before);
    });
  }

  t.test('a prepared publication that has the whole table is used', async (t) => {
    const feed = await feedOf(t);
    await feed.create();
    await feed.sql(
      `CREATE PUBLICATION ${feed.table} FOR TABLE ${feed.table}; INSERT INTO ${feed.table} VALUES ('1', 'a', 1, 'd')`,
    );
    feed.start();
    await feed.arrives([row('1', 'a')]);
  });
});
