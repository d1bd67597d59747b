import t from 'tap';
import { WebSocket } from 'ws';
import { SUBPROTOCOLS } from '../../proto/frames/frames.js';
import { startBroker } from '../../tests/support/broker/broker.js';
import { person, REGISTER_BUNDLE } from '../../tests/support/connectors/register-bundle.js';
import { AuthenticationError } from '../errors.js';
import { Publisher } from '../publish/publisher.js';
import { Subscriber } from '../subscribe/subscriber.js';
import { connectBrowser } from './browser-transport.js';

// The class of ws has the browser's interface as well. Headers, which a browser cannot set, are not used through it.
(globalThis as { WebSocket?: unknown }).WebSocket = WebSocket;

t.test('a browser exchanges its token for tickets and publishes and subscribes in every encoding', async (t) => {
  const { url, apply } = await startBroker(t);
  await apply(REGISTER_BUNDLE);
  const publisher = new Publisher({ url, token: 'registry-source-token-0123456789', connect: connectBrowser });
  t.match(await publisher.publish(person(0)), { position: 1 });
  await publisher.close();
  for (const encoding of SUBPROTOCOLS) {
    const options = { url, token: 'reader-one-token-0123456789', grant: 'g-one', encoding, connect: connectBrowser };
    const subscriber = new Subscriber({ ...options, cursor: encoding.split('.')[2] });
    const { value } = await subscriber[Symbol.asyncIterator]().next();
    t.match(value, { event: { data: { key: 'p0' } } }, encoding);
    await subscriber.close();
  }
});

t.test('a token that is refused a ticket is an authentication error and not a lost connection', async (t) => {
  const { url } = await startBroker(t);
  const subscriber = new Subscriber({ url, token: 'nobody', grant: 'g-one', connect: connectBrowser });
  await t.rejects(subscriber[Symbol.asyncIterator]().next(), AuthenticationError);
});
