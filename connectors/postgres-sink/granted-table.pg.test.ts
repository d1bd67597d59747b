import t from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { DeliveredItem, SubscribedFrame } from '../../proto/frames/frames.js';
import { startPostgres } from '../../tests/support/connectors/postgres.js';
import { PeerGoneError, SinkUnfitError } from '../runtime/connector-errors.js';
import { parsePostgresSinkConfig } from './config.js';
import { PostgresSink } from './sink.js';

const shapeOf = (items: Partial<DeliveredItem>[]): SubscribedFrame =>
  ({ items: items.map((item, index) => ({ number: index + 1, ...item })) }) as SubscribedFrame;

const event = (position: number, rest: Partial<DeliveredEvent>): DeliveredEvent => ({
  id: `p.e@${position}`,
  position,
  type: 'p.e',
  subject: 'a',
  time: '2026-11-24T08:00:00.000Z',
  op: 'create',
  ...rest,
});

t.test('the table of postgres-sink', async (t) => {
  const postgres = await startPostgres(t);
  let tables = 0;
  const open = async (table = `table_${++tables}`, grant = 'g') => {
    const sink = new PostgresSink(parsePostgresSinkConfig({ database: postgres.url, grant, table }), 'test');
    t.teardown(() => sink[Symbol.asyncDispose]());
    return { sink, table, from: await sink.open() };
  };

  t.test('sinks that start at the same time share the table of positions that none of them finds', async (t) => {
    const sinks = Array.from({ length: 8 }, (_, i) => {
      const config = { database: postgres.url, grant: 'g', table: `together_${i}`, schema: 'public' };
      return new PostgresSink(parsePostgresSinkConfig(config), 'test');
    });
    t.teardown(() => Promise.all(sinks.map((sink) => sink[Symbol.asyncDispose]())));
    for (let round = 0; round < 5; round++) {
      await postgres.query('DROP TABLE IF EXISTS sluice_positions');
      t.same(new Set(await Promise.all(sinks.map((sink) => sink.open()))), new Set(['earliest']));
    }
  });

  t.test('the table has a column of the right type for each type of item', async (t) => {
    const { sink, table } = await open();
    await sink.shape(
      shapeOf([
        { name: 'text', type: 'string' },
        { name: 'amount', type: 'decimal' },
        { name: 'count', type: 'integer' },
        { name: 'share', type: 'number' },
        { name: 'yes', type: 'boolean' },
        { name: 'day', type: 'date' },
        { name: 'at', type: 'datetime' },
        { name: 'codes', type: 'code', list: true },
        { name: 'numbers', type: 'integer', list: true },
        { name: 'thing', type: 'object' },
      ]),
    );
    const data = {
      text: 'it\'s "quoted", 陈',
      amount: '123456789012345678901234567890.10',
      count: 9007199254740991,
      share: 0.1,
      yes: false,
      day: '2026-02-28',
      at: '2026-11-24T08:30:00+08:00',
      codes: ['a,b', '"'],
      numbers: [1, 2],
      thing: { deep: [1, { er: null }] },
    };
    await sink.write({ events: [event(1, { data })], log: 'l' });
    const [row] = await postgres.query(
      `SELECT text, amount::text, count::text, share, yes, day::text, at, codes, numbers, thing FROM ${table}`,
    );
    t.match(row, {
      ...data,
      count: '9007199254740991',
      at: new Date('2026-11-24T00:30:00Z'),
      numbers: ['1', '2'],
    });
  });

  t.test('the table gains a column for an item granted later, and a column no longer granted is emptied', async (t) => {
    const { sink, table } = await open();
    const [id, name, age] = [
      { name: 'id', type: 'string' as const },
      { name: 'name', type: 'string' as const },
      { name: 'age', type: 'integer' as const },
    ];
    await sink.shape(shapeOf([id, name]));
    await sink.write({ events: [event(1, { data: { id: 'a', name: 'A' } })], log: 'l' });
    await t.rejects(sink.shape(shapeOf([id, age])), { code: 'PEER_GONE', message: /to fill age/ });
    t.match(await postgres.query(`SELECT * FROM ${table}`), [{ id: 'a', name: null, age: null }]);
    t.equal(await sink.open(), 'earliest', 'the log is read again');
    await sink.shape(shapeOf([id, age]));
    await sink.write({ events: [event(1, { data: { id: 'a', age: 2 } })], log: 'l' });
    t.match(await postgres.query(`SELECT * FROM ${table}`), [{ name: null, age: '2', _position: '1' }]);
    await sink.write({ events: [event(2, { op: 'correction', data: { id: 'a', age: 3 } })], log: 'l' });
    t.match(await postgres.query(`SELECT * FROM ${table}`), [{ name: null, age: '3', _position: '2' }]);
    await t.rejects(sink.shape(shapeOf([{ name: 'age', type: 'date' }])), SinkUnfitError);
  });

  t.test('enter and leave insert and delete rows', async (t) => {
    const { sink, table } = await open();
    await sink.shape(shapeOf([{ name: 'id', type: 'string' }]));
    const events = [
      event(1, { op: 'enter', data: { id: 'a' } }),
      event(2, { op: 'enter', subject: 'b', data: { id: 'b' } }),
      event(3, { op: 'leave' }),
    ];
    await sink.write({ events, log: 'l' });
    t.match(await postgres.query(`SELECT id FROM ${table}`), [{ id: 'b' }]);
  });

  t.test('an instance whose position was advanced by another one stores nothing', async (t) => {
    const { sink, table, from } = await open();
    t.equal(from, 'earliest');
    const items = shapeOf([{ name: 'id', type: 'string' }]);
    await sink.shape(items);
    await sink.write({ events: [event(1, { data: { id: 'a' } })], log: 'l' });
    const second = await open(table);
    t.same(second.from, { after: 1, log: 'l' });
    await second.sink.shape(items);
    await second.sink.write({ events: [event(2, { data: { id: 'new' } })], log: 'l' });
    await t.rejects(sink.write({ events: [event(2, { op: 'delete' })], log: 'l' }), PeerGoneError);
    t.match(await postgres.query(`SELECT id FROM ${table}`), [{ id: 'new' }]);
    await t.rejects(open(table, 'another-grant'), SinkUnfitError);
  });

  t.test('the end of a snapshot that was replaced by another one deletes nothing', async (t) => {
    const { sink, table } = await open();
    await sink.shape(shapeOf([{ name: 'id', type: 'string' }]));
    const edge = (position: number, op: 'snapshot_begin' | 'snapshot_end', snapshotid: string) =>
      event(position, { op, snapshotid, subject: undefined });
    await sink.write({
      events: [event(1, { data: { id: 'a' } }), edge(2, 'snapshot_begin', 's1'), edge(3, 'snapshot_begin', 's2')],
      log: 'l',
    });
    await sink.write({ events: [edge(4, 'snapshot_end', 's1')], log: 'l' });
    t.equal((await postgres.query(`SELECT id FROM ${table}`)).length, 1);
    await sink.write({ events: [edge(5, 'snapshot_end', 's2')], log: 'l' });
    t.equal((await postgres.query(`SELECT id FROM ${table}`)).length, 0);
  });
});
