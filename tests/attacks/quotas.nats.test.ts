import t from 'tap';
import { startBroker } from '../support/broker/broker.js';
import { ENTRY, PARTY, REFUSAL_BUNDLE, TOKENS } from '../support/broker/refusal-bundle.js';
import { startNats } from '../support/nats/nats.js';
import { RawSession } from '../support/raw-client/raw-client.js';
import { call, type HttpAddress } from '../support/raw-client/raw-http.js';

const FULL_OF_DRAFTS = /party county-registry has the 2 drafts that quotas\.drafts allows/;
const FULL_OF_CURSORS = /system health-reader has the 2 cursors that quotas\.cursors allows/;

const counted = async ({ url }: { url: string }, quota: string): Promise<string | undefined> => {
  const figures = await (await fetch(`${url}/metrics`)).text();
  return new RegExp(`^sluice_quota_refusals_total\\{quota="${quota}"\\} (.*)$`, 'm').exec(figures)?.[1];
};

t.test('drafts of one party beyond its quota are refused, those of another party are not', async (t) => {
  const broker = await startBroker(t, { config: { quotas: { drafts: 2 } } });
  await broker.apply(REFUSAL_BUNDLE);
  const operator = { url: broker.url, token: broker.operatorToken };
  const draft = (id: string, name = 'Draft') => {
    const items = [{ name: 'id', type: 'string', identifier: true }];
    const document = { id, name, sharingAttribute: 'conditional', items };
    return call(operator, 'PUT', `/v1/catalog/${id}`, JSON.stringify(document));
  };
  t.equal((await draft(`${PARTY}.a`)).status, 200);
  t.equal((await draft(`${PARTY}.b`)).status, 200);
  t.match(await draft(`${PARTY}.c`), { status: 429, json: { code: 'TOO_MANY', detail: FULL_OF_DRAFTS } });
  const besidePublished = await draft(ENTRY, 'Another name');
  t.match(besidePublished, { status: 429 }, 'a draft beside a published version counts too');
  t.equal((await draft(`${PARTY}.b`, 'Changed')).status, 200, 'an existing draft can be changed');
  t.equal((await draft('county-health.c')).status, 200, 'another party has its own quota');
  t.equal((await call(operator, 'POST', `/v1/catalog/${PARTY}.a/publish`, '{}')).status, 200);
  t.equal((await draft(`${PARTY}.c`)).status, 200, 'a published draft makes room');
  t.equal((await draft(`${PARTY}.d`)).status, 429);
  t.equal(await counted(broker, 'drafts'), '3', 'the operator sees the refusals');
});

t.test('cursors of one system beyond its quota are refused, over all its grants and on every broker', async (t) => {
  const options = { nats: await startNats(t), config: { quotas: { cursors: 2 } } };
  const broker = await startBroker(t, options);
  const more = REFUSAL_BUNDLE.grants.map((grant) => ({ ...grant, id: `${(grant as { id: string }).id}-more` }));
  await broker.apply({ ...REFUSAL_BUNDLE, grants: [...REFUSAL_BUNDLE.grants, ...more] });
  const reader = { url: broker.url, token: TOKENS.reader };
  const source = { url: broker.url, token: TOKENS.source };
  const event = { specversion: '1.0', id: 'e', type: ENTRY, op: 'create', data: { id: 's1' } };
  const { position } = (await call(source, 'POST', '/v1/events', JSON.stringify(event))).json as { position: number };
  const body = JSON.stringify({ position });
  const acknowledge = (grant: string, cursor: string, at: HttpAddress = reader) =>
    call(at, 'POST', `/v1/grants/${grant}/cursors/${cursor}`, body);
  const session = await RawSession.open({ ...reader, encoding: 'sluice.v1.json' });
  t.teardown(() => session.close());

  await session.subscribe({ grant: 'g-shops', cursor: 'a' });
  t.equal((await acknowledge('g-shops-more', 'b')).status, 200);
  await t.rejects(session.subscribe({ grant: 'g-shops', cursor: 'c' }), FULL_OF_CURSORS);
  const refused = await acknowledge('g-shops-more', 'c');
  t.match(refused, { status: 429, json: { code: 'TOO_MANY', detail: FULL_OF_CURSORS } });
  t.equal(await counted(broker, 'cursors'), '2', 'the operator sees that of the session and that of the request');
  t.equal((await acknowledge('g-shops', 'a')).status, 200, 'an existing cursor moves on');
  t.equal((await acknowledge('g-others', 'c', { ...reader, token: TOKENS.stranger })).status, 200);

  const reason = JSON.stringify({ reason: 'not used' });
  t.equal((await call(reader, 'DELETE', '/v1/grants/g-shops-more/cursors/b', reason)).status, 204);
  const concurrent = await Promise.all(['c', 'd', 'e'].map((cursor) => acknowledge('g-shops-more', cursor)));
  t.same(concurrent.map(({ status }) => status).sort(), [200, 429, 429], 'the removed cursor makes room for one');

  const another = await startBroker(t, options);
  t.match(await acknowledge('g-shops', 'f', { ...reader, url: another.url }), { status: 429 });
  const [name] = ['c', 'd', 'e'].filter((_name, i) => concurrent[i]?.status === 200);
  const path = `/v1/grants/g-shops-more/cursors/${name}`;
  t.equal((await call({ ...reader, url: another.url }, 'DELETE', path, reason)).status, 204);
  const afterRemoval = await acknowledge('g-shops', 'f', { ...reader, url: another.url });
  t.equal(afterRemoval.status, 200, 'records of removed cursors do not count');
});
