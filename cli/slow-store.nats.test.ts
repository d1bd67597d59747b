import t, { type Test } from 'tap';
import type { EmbeddedServer } from '../broker/nats/server/embedded-server.js';
import { startBroker } from '../tests/support/broker/broker.js';
import { eventually } from '../tests/support/condition.js';
import { sluice } from '../tests/support/connectors/recording-terminal.js';
import { person, REGISTER_BUNDLE } from '../tests/support/connectors/register-bundle.js';
import { startNats } from '../tests/support/nats/nats.js';
import { mustCall, publishBatch } from '../tests/support/raw-client/raw-http.js';
import { TcpProxy } from '../tests/support/tcp-proxy.js';

const SOURCE = 'registry-source-token-0123456789';
const READER = 'reader-one-token-0123456789';
/** In each direction: a round trip of 2.4 s. */
const DELAY_MS = 1_200;
const WAIT_MS = 60_000;

/** A bus whose NATS is far away from now on, or not reached any more. */
async function startBus(t: Test) {
  const server = await startNats(t);
  const { hostname, port } = new URL(server.url);
  const proxy = await TcpProxy.start(t, { host: hostname, port: Number(port) });
  const nats = { url: `nats://127.0.0.1:${proxy.port}`, user: server.user, pass: server.pass } as EmbeddedServer;
  const bus = await startBroker(t, { nats });
  await bus.apply(REGISTER_BUNDLE);
  await publishBatch({ url: bus.url, token: SOURCE }, [person(0), person(1), person(2)]);
  await mustCall({ url: bus.url, token: READER }, 'POST', '/v1/grants/g-one/cursors/default', '{"position":1}');
  const asOperator = (...args: string[]) => sluice(...args, '--url', bus.url, '--token', bus.operatorToken);
  // Read once while the store is near, as every ten seconds.
  await asOperator('lag');
  const figures = async (): Promise<string> =>
    (await mustCall({ url: bus.url, token: bus.operatorToken }, 'GET', '/metrics/grants')).text;
  return { bus, proxy, asOperator, figures };
}

t.test('while the store answers slowly operators see what the broker knows, and how old the rest is', async (t) => {
  const { bus, proxy, asOperator, figures } = await startBus(t);
  proxy.slow(DELAY_MS);
  const lag = await asOperator('lag', 'g-one');
  t.equal(lag.exitCode, 0);
  t.match(lag.out, /^g-one +default +2 /m);
  t.match(lag.err, /the store answers slowly: acknowledgements of the last \d+ s are not counted/);
  const text = await figures();
  t.match(text, 'sluice_entry_accepted_events_total{entry="registry.person",provider="registry"} 3');
  t.match(text, 'sluice_grant_unacknowledged_events{grant="g-one",cursor="default"} 2');
  const top = await asOperator('top', '--json', '--count', '1');
  t.equal(top.exitCode, 0, top.err);
  t.match(JSON.parse(top.out), { notices: [/the store answers slowly/] });
  const ledgerIsRead = async (): Promise<boolean> =>
    (await fetch(`${bus.url}/v1/ledger`, { headers: { authorization: `Bearer ${bus.operatorToken}` } })).ok;
  await eventually(ledgerIsRead, 'the ledger over the slow line', WAIT_MS);
});

t.test('while the store is away accepted events are shown, and no lag that might have grown', async (t) => {
  const { proxy, figures, asOperator } = await startBus(t);
  await proxy.cut();
  // Cursors that were read a moment ago still count.
  t.match(await figures(), /^sluice_grant_unacknowledged_events/m);
  const isOld = async (): Promise<boolean> => !/^sluice_grant_unacknowledged_events\{/m.test(await figures());
  await eventually(isOld, 'cursors of more than half a minute ago', WAIT_MS);
  const text = await figures();
  t.match(text, 'sluice_entry_accepted_events_total{entry="registry.person",provider="registry"} 3');
  t.match(text, 'sluice_grant_info{grant="g-one",cursor="default"');
  t.notMatch(text, /^sluice_grant_(?:oldest|lag_exact|last_ack)\w*\{/m);
  const lag = await asOperator('lag');
  t.equal(lag.exitCode, 3);
  t.match(lag.err, /STORE_UNAVAILABLE/);
  t.match((await asOperator('doctor')).out, /^FAIL +store .*no connection to NATS.*: see "NATS is away" in/m);
});
