import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { spawnBroker } from '../../support/broker/broker-process.js';
import { eventually } from '../../support/condition.js';
import { type HttpsReceiver, startHttpsReceiver } from '../../support/https-receiver.js';
import { type Body, foundLawfulBus, LAWFUL, lawfulClient } from '../../support/lawful/lawful-bus.js';
import { P } from '../../support/lawful/people.js';
import { startNats, temporaryFolder } from '../../support/nats/nats.js';

const KILLS = Number(process.env.SLUICE_SOAK_KILLS || 5);
const NOTICES_PER_KILL = 20;
/** A kill comes when so many notices of a round were received. */
const RECEIVED_AT_KILL = 5;
/** Long enough for the lease of a killed sender, which ends after 20 s. */
const WAIT_MS = 180_000;
const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;

t.setTimeout(KILLS * WAIT_MS);

t.test('no notice is lost when the only broker is killed amid sending', async (t) => {
  t.setTimeout(KILLS * WAIT_MS);
  const nats = await startNats(t);
  const config = { webhookAllow: ['127.0.0.1'] };
  const founding = await foundLawfulBus(t, { nats, config });
  const receiver = await startHttpsReceiver(t);
  await founding.as('gao', 'PUT', `/v1/parties/${P}/webhook`, { url: `${receiver.url}/notices`, secret: SECRET });
  const [newest] = (await founding.read('chen', '/v1/notices?limit=1000')).notices.slice(-1);
  await founding.broker.drain();

  const folder = await temporaryFolder(t);
  const file = join(folder, 'config.json');
  const { url, user, pass } = nats;
  await writeFile(file, JSON.stringify({ ...LAWFUL, ...config, nats: { url, user, pass } }));
  const env = { SLUICE_CONFIG: file, NODE_EXTRA_CA_CERTS: receiver.certificate };
  let broker = await spawnBroker(t, folder, env);
  const client = lawfulClient(() => broker.url, founding.tokens);
  for (let kill = 0; kill < KILLS; kill++) {
    const before = receiver.received.length;
    for (let i = 0; i < NOTICES_PER_KILL; i++) {
      const id = `aux-${kill}-${i}`;
      await client.act('gao', '/v1/officers', { id, name: { en: id }, roles: ['reviewer'] });
    }
    await eventually(() => receiver.received.length >= before + RECEIVED_AT_KILL, 'some notices', WAIT_MS);
    await broker.kill();
    broker = await spawnBroker(t, folder, env);
  }
  const { notices } = await client.read('chen', `/v1/notices?limit=1000&after=${newest.id}`);
  t.ok(notices.length >= KILLS * NOTICES_PER_KILL);
  const isLast = ({ headers }: HttpsReceiver['received'][number]): boolean =>
    headers['webhook-id'] === notices.at(-1).id;
  await eventually(() => receiver.received.some(isLast), 'the newest notice', WAIT_MS);
  const received = receiver.received.map(({ body, headers }) => {
    const notice = new Webhook(SECRET).verify(body, headers as Record<string, string>) as Body;
    t.equal(headers['webhook-id'], notice.id);
    return notice.id as string;
  });
  const first = [...new Set(received)].filter((id) => id > newest.id);
  t.strictSame(
    first,
    notices.map(({ id }: Body) => id),
    'each came, in the order of the list',
  );
  t.comment(`${notices.length} notices, ${received.length} requests, ${KILLS} kills`);
});
