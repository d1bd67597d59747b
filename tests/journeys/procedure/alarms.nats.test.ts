import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import t from 'tap';
import { eventually } from '../../support/condition.js';
import { applicationFor, fileApplication } from '../../support/lawful/applications.js';
import { publishEntries, REGION } from '../../support/lawful/entries.js';
import { type Body, foundLawfulBus, type LawfulBus } from '../../support/lawful/lawful-bus.js';
import { publishBatch } from '../../support/raw-client/raw-http.js';

const HEALTH = ['wu', 'xu'] as const;

async function publish(bus: LawfulBus, ...codes: string[]): Promise<void> {
  const events = codes.map((code) => ({
    specversion: '1.0',
    id: code,
    type: REGION.id,
    op: 'create',
    data: { code, name: 'Fuzhou' },
  }));
  await publishBatch({ url: bus.url, token: bus.tokens.get('civil-registry') as string }, events as never[]);
}

/** Pulls a page from an address of this machine and acknowledges it. */
async function pull(bus: LawfulBus, grant: string, localAddress: string): Promise<void> {
  const headers = { authorization: `Bearer ${bus.tokens.get('maternal-health')}` };
  const out = request(`${bus.url}/v1/grants/${grant}/events?cursor=main`, { headers, localAddress, agent: false });
  const answered = once(out, 'response') as Promise<[IncomingMessage]>;
  out.end();
  const [response] = await answered;
  let text = '';
  for await (const chunk of response) text += chunk;
  const { through } = JSON.parse(text.trim().split('\n').at(-1) as string);
  await bus.act('maternal-health', `/v1/grants/${grant}/cursors/main`, { position: through });
}

t.test('a delivery that is out of the usual is an alarm to both sides, once, and opens a case', async (t) => {
  const config = { alarms: { volumePerDay: 2, hours: '08-20' }, alarmsSuspect: true };
  const bus = await foundLawfulBus(t, { config });
  await publishEntries(bus, [REGION]);
  const { id } = await fileApplication(bus, HEALTH, applicationFor(REGION, 'maternal-health'));
  const { grant } = await bus.act('lin', `/v1/applications/${id}/approve`, { items: ['code', 'name'], leftOut: [] });
  const alarms = async (who: string): Promise<string[]> =>
    (await bus.read(who, '/v1/notices?limit=1000')).notices
      .filter(({ kind, about }: Body) => kind === 'alarm' && about.id === grant)
      .map(({ alarm }: Body) => alarm);
  const untilAlarms = async (...expected: string[]): Promise<void> => {
    await eventually(async () => (await alarms('lin')).length === expected.length, `alarms ${expected}`, 10_000);
    t.strictSame([await alarms('lin'), await alarms('xu')], [expected, expected]);
  };
  await publish(bus, '350101', '350102');
  await pull(bus, grant, '127.0.0.1');
  t.match(await bus.read('wu', `/v1/grants/${grant}`), { state: 'in_force' });
  await publish(bus, '350103');
  await pull(bus, grant, '127.0.0.1');
  await untilAlarms('volume');
  const { files } = await bus.read('su', `/v1/cases?about=${grant}&document=true`);
  t.match(files, [{ state: 'suspected', document: { ground: 'beyond_range', evidence: /volumePerDay/ } }]);
  t.match(files[0].next, [{ act: 'dismiss' }, { act: 'suspend' }]);
  await publish(bus, '350104');
  await pull(bus, grant, '127.0.0.2');
  await untilAlarms('volume', 'address');
  await bus.setClock('2025-12-02T20:00:00+08:00');
  await publish(bus, '350105');
  await pull(bus, grant, '127.0.0.2');
  await untilAlarms('volume', 'address', 'hour');
  await publish(bus, '350106');
  await pull(bus, grant, '127.0.0.1');
  t.equal((await bus.read('su', `/v1/cases?about=${grant}`)).files.length, 1, 'a case that is open is enough');
  t.equal((await bus.read('su', `/v1/grants/${grant}`)).status, 'in_force', 'and nothing is suspended by the bus');
  t.strictSame(
    await alarms('xu'),
    ['volume', 'address', 'hour'],
    'neither the hour nor an address that is known alarms again',
  );
});
