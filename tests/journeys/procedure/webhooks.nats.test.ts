import { Webhook } from 'standardwebhooks';
import t, { type Test } from 'tap';
import { NO_OPENSSL } from '../../support/certificate.js';
import { eventually } from '../../support/condition.js';
import { type HttpsReceiver, startHttpsReceiver } from '../../support/https-receiver.js';
import { type Body, foundLawfulBus, type LawfulBus, startLawfulBus } from '../../support/lawful/lawful-bus.js';
import { D, P } from '../../support/lawful/people.js';
import { startNats } from '../../support/nats/nats.js';

const SECRET = `whsec_${Buffer.from('a secret of thirty-two bytes ...').toString('base64')}`;
const WAIT_MS = 30_000;
const config = { webhookAllow: ['127.0.0.1'] };

const appoint = (bus: LawfulBus, id: string): Promise<Body> =>
  bus.act('gao', '/v1/officers', { id, name: { en: id }, roles: ['reviewer'] });

/** Notices that were received, in order; each must bear a signature that the library accepts. */
const noticesOf = ({ received }: HttpsReceiver): Body[] =>
  received.map(({ body, headers }) => new Webhook(SECRET).verify(body, headers as Record<string, string>));

const until = (receiver: HttpsReceiver, aboutId: string): Promise<void> =>
  eventually(
    () => noticesOf(receiver).some(({ about }) => about.id === aboutId),
    `the notice about ${aboutId}`,
    WAIT_MS,
  );

async function busWithReceiver(t: Test) {
  const nats = await startNats(t);
  const bus = await foundLawfulBus(t, { nats, config });
  const receiver = await startHttpsReceiver(t);
  const hook = { url: `${receiver.url}/notices`, secret: SECRET };
  return { nats, bus, receiver, hook };
}

t.test(
  'webhooks: who may set one, delivery, retries, and the hand-over to another broker',
  { skip: NO_OPENSSL },
  async (t) => {
    const { nats, bus, receiver, hook } = await busWithReceiver(t);
    const put = (who: string, body: object, party = P) => bus.as(who, 'PUT', `/v1/parties/${party}/webhook`, body);

    const refused = async (who: string, body: object, code: string, paths?: string[], party = P) => {
      const { body: problem } = await put(who, body, party);
      t.equal(problem.code, code, `${who} ${JSON.stringify(body)}`);
      if (paths)
        t.same(
          problem.problems.map(({ path }: Body) => path),
          paths,
        );
    };
    await refused('gao', {}, 'INCOMPLETE', ['/url', '/secret']);
    await refused('gao', { ...hook, secret: 'short' }, 'BAD_REQUEST', ['/secret']);
    await refused('gao', { ...hook, more: 1 }, 'BAD_REQUEST', ['/more']);
    for (const url of [
      'http://example.org/',
      'https://10.0.0.1/',
      'https://[::ffff:10.0.0.1]/',
      'https://0xa9fea9fe/',
    ]) {
      await refused('gao', { ...hook, url }, 'BAD_REQUEST', ['/url']);
    }
    await refused('chen', hook, 'NOT_YOUR_ROLE');
    await refused('du', hook, 'NOT_YOUR_ROLE');
    await refused('gao', hook, 'NOT_FOUND', undefined, 'nobody');
    t.match(await put('pan', hook), { status: 403, body: { code: 'NOT_YOUR_ROLE', article: 'R36' } });
    t.match(await bus.as('gao', 'POST', `/v1/parties/${P}/put`, hook), { status: 404 }, 'no act of that name');

    const set = await put('gao', hook);
    t.match(set, { status: 200, body: { id: P, kind: 'parties', state: 'registered' } });
    const whole = JSON.stringify([
      set.body,
      await bus.read('gao', `/v1/parties/${P}`),
      await bus.read('guo', '/v1/ledger?limit=1000'),
    ]);
    t.notMatch(whole, SECRET);
    t.notMatch(whole, receiver.url, 'the address is shown to nobody');

    let failures = 2;
    receiver.answer = () => ({ status: failures-- > 0 ? 500 : 204 });
    const { seq } = await appoint(bus, 'first');
    await eventually(() => receiver.received.length === 3, 'the attempt that was taken', WAIT_MS);
    const [one, two, three] = noticesOf(receiver);
    t.strictSame([one, one], [two, three], 'the same notice each time');
    const [listed] = (await bus.read('chen', `/v1/notices?limit=1000`)).notices.filter(
      (each: Body) => each.seq === seq,
    );
    t.strictSame(one, listed, 'it is the notice of GET /v1/notices');
    t.equal(receiver.received[0]?.headers['webhook-id'], listed.id);

    const second = await startLawfulBus(t, { nats, config });
    for (const [id, token] of bus.tokens) second.tokens.set(id, token);
    for (const id of ['second', 'third']) await appoint(second, id);
    await until(receiver, 'third');
    const ids = receiver.received.map(({ headers }) => headers['webhook-id']);
    t.equal(new Set(ids).size, ids.length - 2, 'one broker of two sends, each notice once');

    receiver.answer = () => ({ status: 503 });
    await appoint(second, 'fourth');
    await until(receiver, 'fourth');
    await bus.broker.drain();
    receiver.answer = () => ({ status: 204 });
    const before = receiver.received.length;
    await appoint(second, 'fifth');
    await until(receiver, 'fifth');
    const after = noticesOf(receiver)
      .slice(before)
      .map(({ about }) => about.id);
    t.strictSame(after, ['fourth', 'fifth'], 'another broker goes on where the queue was');

    t.match(await second.as('du', 'PUT', `/v1/parties/${D}/webhook`, hook), { status: 200 });
    const metrics = await (await fetch(`${second.url}/metrics`)).text();
    t.match(metrics, /sluice_webhook_notices_total\{outcome="delivered"\} [1-9]/);
    t.match(metrics, /sluice_webhook_waiting_notices 0\n/);
  },
);
