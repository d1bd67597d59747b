import t from 'tap';
import { ConnectorConfigError } from '../runtime/connector-errors.js';
import { parsePostgresSourceConfig } from './config.js';

t.test(
  'columns are given as a string or an object, and an entry or a table that is there twice is refused',
  async (t) => {
    const table = {
      table: 'licences',
      entry: 'p.e',
      columns: { id: 'licence', s: { item: 'status', codes: { A: 'b' } } },
    };
    const settings = { database: 'postgres://x/y', tables: [table] };
    t.match(parsePostgresSourceConfig(settings, 'my-source'), {
      slot: 'sluice_my_source',
      tables: [{ schema: 'public', table: 'licences', columns: { id: { item: 'licence' }, s: { item: 'status' } } }],
    });
    t.throws(() => parsePostgresSourceConfig({ ...settings, tables: [table, table] }, 'x'), ConnectorConfigError);
    const again = { ...table, table: 'public.licences', entry: 'p.other' };
    t.throws(
      () => parsePostgresSourceConfig({ ...settings, tables: [table, again] }, 'x'),
      /public\.licences is there twice/,
    );
  },
);
