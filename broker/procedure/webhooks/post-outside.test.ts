import t from 'tap';
import { NO_OPENSSL } from '../../../tests/support/certificate.js';
import { startHttpsReceiver } from '../../../tests/support/https-receiver.js';
import { outsideOr } from './outside-address.js';
import { type Post, postOutside } from './post-outside.js';

const post = (url: string, more: Partial<Post> = {}) =>
  postOutside({
    url,
    body: '{}',
    headers: { 'x-kept': '1' },
    mayReach: outsideOr(['127.0.0.1']),
    signal: AbortSignal.timeout(10_000),
    ...more,
  });

t.test(
  'a notice is posted, and a redirect is followed where its address may be reached',
  { skip: NO_OPENSSL },
  async (t) => {
    const receiver = await startHttpsReceiver(t);
    t.match(await post(`${receiver.url}/a`), { status: 204 });
    t.match(receiver.received, [{ path: '/a', body: '{}', headers: { 'x-kept': '1' } }]);

    receiver.answer = ({ path }) => (path === '/b' ? { status: 307, headers: { location: '/c' } } : { status: 200 });
    t.match(await post(`${receiver.url}/b`), { status: 200 });
    t.match(receiver.received.at(-1), { path: '/c', body: '{}', headers: { 'x-kept': '1' } });

    const before = receiver.received.length;
    const inside = ['https://127.0.0.2/', 'https://169.254.169.254/latest', 'http://127.0.0.1/', 'https://[::1]/'];
    for (const location of inside) {
      receiver.answer = () => ({ status: 302, headers: { location } });
      t.match(await post(receiver.url), { status: undefined, text: /^the address/ }, location);
    }
    t.equal(receiver.received.length, before + inside.length, 'each redirect was refused before a connection');
    receiver.answer = () => ({ status: 308, headers: { location: '/again' } });
    t.match(await post(receiver.url), { text: /redirects/ });
    receiver.answer = () => ({ status: 503, headers: { 'retry-after': '7' } });
    t.match(await post(receiver.url), { status: 503, retryAfter: '7' });
  },
);

t.test('a name is judged by what it resolves to, for the connection that is made', { skip: NO_OPENSSL }, async (t) => {
  const receiver = await startHttpsReceiver(t);
  const url = receiver.url.replace('127.0.0.1', 'receiver.test');
  const asked: string[] = [];
  const resolve: Post['resolve'] = (name, done) => {
    asked.push(name);
    done(null, asked.length > 1 ? [{ address: '10.0.0.1', family: 4 }] : [{ address: '127.0.0.1', family: 4 }]);
  };
  t.match(await post(url, { resolve }), { status: 204 });
  t.same(asked, ['receiver.test'], 'resolved once: what was judged is what was called');
  t.match(await post(url, { resolve }), { status: undefined, text: /no address that webhooks may reach/ });
  const mixed: Post['resolve'] = (_name, done) =>
    done(null, [
      { address: '10.0.0.1', family: 4 },
      { address: '127.0.0.1', family: 4 },
    ]);
  t.match(await post(url, { resolve: mixed }), { status: 204 }, 'one address of several may be reached');
  const none = await post(url, { resolve: (_name, done) => done(new Error('ENOTFOUND'), []) });
  t.match(none, { status: undefined, text: /cannot be reached/ });
});

t.test('a receiver that does not answer is left in time', { skip: NO_OPENSSL }, async (t) => {
  const receiver = await startHttpsReceiver(t);
  receiver.answer = () => undefined;
  t.match(await post(receiver.url, { signal: AbortSignal.timeout(300) }), { text: 'no answer in time' });
});
