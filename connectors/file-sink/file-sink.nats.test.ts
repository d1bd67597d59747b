import { mkdtemp, readdir, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'csv-parse/sync';
import t, { type Test } from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import { ConnectorBus } from '../../tests/support/connectors/connector-bus.js';
import { temporaryFolder } from '../../tests/support/nats/nats.js';
import { foldDelivered, type Person } from '../conformance/lane.js';
import { type SinkSite, sinkConformance } from '../conformance/sink-conformance.js';
import { parseFileSinkConfig } from './config.js';
import { FileSink } from './sink.js';

/** Events of all complete files. Fails when one of them cannot be parsed as a whole. */
async function eventsIn(folder: string, read: (text: string) => DeliveredEvent[]): Promise<DeliveredEvent[]> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => !name.startsWith('.')).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return texts.flatMap(read);
}

const readNdjson = (text: string): DeliveredEvent[] =>
  text
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as DeliveredEvent);

function readCsv(text: string): DeliveredEvent[] {
  const rows = parse(text, { columns: true }) as Record<string, string>[];
  return rows.map(({ _op, _position, _time, _subject, ...data }) => {
    const person = { ...data, age: Number(data.age) } as unknown as Person;
    return {
      op: _op,
      position: Number(_position),
      time: _time,
      subject: _subject,
      data: person,
    } as unknown as DeliveredEvent;
  });
}

for (const [format, read] of [
  ['ndjson', readNdjson],
  ['csv', readCsv],
] as const) {
  t.test(`the sink into ${format} files conforms`, async (t) => {
    const bus = await ConnectorBus.start(t);
    const root = await temporaryFolder(t);
    const site = async (): Promise<SinkSite> => {
      const folder = await mkdtemp(join(root, 'out-'));
      const settings = { folder, format, maxFileSeconds: 0.1, maxFileMb: 0.05 };
      const away = `${folder}-away`;
      return {
        create: (context, lane) =>
          new FileSink(parseFileSinkConfig({ ...settings, grant: lane.grant }, root), context.name),
        people: async () => {
          const events = await eventsIn(folder, read);
          const positions = events.map(({ position }) => position);
          if (new Set(positions).size !== positions.length) throw new Error('an event stands in the files twice');
          return foldDelivered(events);
        },
        goAway: () => rename(folder, away),
        comeBack: () => rename(away, folder),
        poison: undefined,
      };
    };
    sinkConformance(t, { lane: bus.lane, site: site as (t: Test) => Promise<SinkSite> });
  });
}
