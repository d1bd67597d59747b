import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { stringify } from 'yaml';
import { eventually, foldDelivered, person } from '../../../connectors/conformance/lane.js';
import { parseConnectorConfig } from '../../../connectors/runtime/connector-config.js';
import { BusRefusesError } from '../../../connectors/runtime/connector-errors.js';
import { ConnectorBus } from '../../../tests/support/connectors/connector-bus.js';
import { sluice } from '../../../tests/support/connectors/recording-terminal.js';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { type RunningConnector, runConnector } from './run-connector.js';

const COLUMNS = { id: 'id', name: 'name', age: 'age', district: 'district' };

t.test('a connector runs from its configuration file until the signal', async (t) => {
  const bus = await ConnectorBus.start(t);
  const lane = await bus.lane(t);
  const folder = await temporaryFolder(t);
  await mkdir(join(folder, 'in'));
  await writeFile(join(folder, 'in', 'people.ndjson'), `${JSON.stringify(person(1))}\n`);
  const { bus: address } = lane.sourceContext('people');
  const configOf = (token: string, entry = lane.entry) => {
    const settings = {
      folder: join(folder, 'in'),
      entry,
      key: ['id'],
      columns: COLUMNS,
      pollSeconds: 0.05,
      settleSeconds: 0,
    };
    const document = { name: 'people', connector: 'file-source', bus: { ...address, token }, metrics: { port: 0 } };
    const text = stringify({ ...document, logLevel: 'silent', settings });
    return parseConnectorConfig(text, join(folder, 'people.yaml'), {});
  };

  t.test('a running connector serves its metrics, without a secret in them', async (t) => {
    const ending = new AbortController();
    let running: RunningConnector | undefined;
    const done = runConnector(configOf(address.token), ending.signal, (facts) => {
      running = facts;
    });
    await eventually(async () => foldDelivered(await lane.delivered()).length === 1, 'the record');
    const text = await (await fetch(running!.metricsUrl!)).text();
    t.match(text, /sluice_connector_events_total\{outcome="stored",connector="people",kind="file-source"\} 3/);
    t.notMatch(text, new RegExp(address.token));
    ending.abort();
    await done;
    await t.rejects(fetch(running!.metricsUrl!), 'and they are gone with it');
  });

  t.test('a connector ends at once when the bus will never accept its credential', async (t) => {
    await bus.broker.apply({
      parties: [{ id: 'others', name: { en: 'Others' }, level: 'city', regionCode: '350100' }],
      entries: [
        {
          id: 'others.people',
          name: { en: 'People' },
          sharingAttribute: 'unconditional',
          items: ['id', 'name', 'age', 'district'].map((name) => ({ name, type: 'string', identifier: name === 'id' })),
        },
      ],
    });
    const config = { ...configOf(address.token, 'others.people'), stateFolder: join(folder, 'other-state') };
    await t.rejects(runConnector(config, new AbortController().signal), BusRefusesError);
    await t.rejects(runConnector(configOf('not-a-token'), new AbortController().signal), { code: 'NOT_AUTHENTICATED' });
  });
});

t.test('a connector file with mistakes is refused with every mistake', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'x.yaml');
  t.match(await sluice('connect', path), { exitCode: 2, err: /cannot be read/ });
  await writeFile(path, 'name: x\nconnector: webhook\nbus: { url: http://x, token: t }\nsettings: { url: 1 }');
  const wrong = await sluice('connect', path);
  t.match(wrong, { exitCode: 2, err: /is wrong/ });
  t.match(wrong.err, /grant/);
});

t.test('an unknown kind of connector is refused with the list of kinds', async (t) => {
  const text = stringify({
    name: 'x',
    connector: 'oracle-sink',
    bus: { url: 'https://bus.example', token: 'a-token' },
  });
  const config = parseConnectorConfig(text, 'x.yaml', {});
  await t.rejects(runConnector(config, AbortSignal.abort()), { code: 'CONFIG_INVALID', message: /postgres-source/ });
});
