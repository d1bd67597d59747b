import t from 'tap';
import { httpUrl, streamUrl } from './bus-url.js';

t.test('http, https, ws and wss addresses name the same bus', async (t) => {
  t.equal(streamUrl('http://bus.example'), 'ws://bus.example/v1/stream');
  t.equal(streamUrl('https://bus.example/'), 'wss://bus.example/v1/stream');
  t.equal(streamUrl('wss://bus.example/v1/stream'), 'wss://bus.example/v1/stream');
  t.equal(httpUrl('ws://bus.example:8080/v1/stream', '/v1/events').href, 'http://bus.example:8080/v1/events');
});

t.test('a path before /v1 is kept in the stream address', async (t) => {
  t.equal(streamUrl('https://platform.example/sluice/'), 'wss://platform.example/sluice/v1/stream');
});

t.test('an address with another scheme, or without one, is refused', async (t) => {
  t.throws(() => streamUrl('nats://bus.example'), TypeError);
  t.throws(() => streamUrl('bus.example'), TypeError);
});
