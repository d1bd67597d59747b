import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { BusApi } from './bus-api.js';
import { Publisher } from './publish/publisher.js';
import { addressProblem, headerProblems, tokenProblem } from './service-settings.js';
import { Subscriber } from './subscribe/subscriber.js';

t.test('an address that no client can call is refused without being repeated', async (t) => {
  const wrong = [
    'http://user:secret@host.example/hook',
    'https://secret@host.example',
    'ftp://host.example/secret',
    'nats://host.example/secret',
    'host.example/secret',
    'http://',
    'http://host.example:99999/secret',
    '/hook/secret',
    '',
    'http://host.example:6000/secret',
    'http://host.example:0/secret',
    'http://127.0.0.1:9/secret',
  ];
  for (const address of wrong) {
    const problem = addressProblem(address);
    t.type(problem, 'string', address);
    t.notMatch(problem, /secret/, address);
  }
  for (const address of [
    'http://host',
    'https://host.example:8443/a?b=c',
    'http://[::1]:8080/',
    'http://10.0.0.1:8080',
  ]) {
    t.equal(addressProblem(address), undefined, address);
  }
  t.equal(addressProblem('ws://host', ['http', 'ws']), undefined);
});

t.test('every address that is accepted is one that fetch calls', async (t) => {
  const refused = (port: number): Promise<boolean> =>
    fetch(`http://127.0.0.1:${port}/`, { signal: AbortSignal.timeout(2_000) }).then(
      () => false,
      (error: Error) => (error.cause as Error | undefined)?.message === 'bad port',
    );
  for (const port of [1, 7, 9, 22, 25, 79, 110, 389, 587, 2049, 5060, 6000, 6667, 10080]) {
    t.ok(await refused(port), `fetch refuses port ${port}`);
    t.type(addressProblem(`http://127.0.0.1:${port}/`), 'string');
  }
});

t.test('a token that a header cannot carry is refused without being repeated', async (t) => {
  for (const token of ['', 'secret\n', 'sec ret', ' secret', 'secret\t', 'sec\u0000ret', 'secret机', 'secret\u007f']) {
    const problem = tokenProblem(token);
    t.type(problem, 'string', JSON.stringify(token));
    t.notMatch(problem, /sec/);
  }
  t.equal(tokenProblem('token-of-the-north-office-01'), undefined);
  t.equal(tokenProblem('a.b_c~d+e/f=='), undefined);
});

t.test('a header that fetch refuses is refused by name and without its value', async (t) => {
  const problems = headerProblems({
    'x-good': 'value with spaces',
    'x-umlaut': 'für',
    'x-wide': '机密',
    'x-line': 'secret\r\nx: y',
    'x-end': 'secret ',
    'bad name': 'secret',
    Host: 'secret',
    'Transfer-Encoding': 'chunked',
    Authorization: 'one',
    authorization: 'two',
  });
  t.equal(problems.length, 7);
  for (const problem of problems) t.notMatch(problem, /secret|机密/);
});

t.test('every header that is accepted is one that fetch sends', async (t) => {
  const server = createServer((request, response) => response.end(String(request.headers['x-value'])));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  for (let code = 0; code < 0x180; code++) {
    const value = `a${String.fromCharCode(code)}b`;
    const isAccepted = headerProblems({ 'x-value': value }).length === 0;
    const isSent = await fetch(url, { headers: { 'x-value': value } }).then(
      async (response) => (await response.text()) !== '',
      () => false,
    );
    t.equal(isAccepted && !isSent, false, `character ${code.toString(16)}`);
  }
});

t.test('the client is not constructed with settings that can never work', async (t) => {
  for (const wrong of [{ token: 'secret\n' }, { url: 'http://user:secret@host.example' }, { url: 'bus/secret' }]) {
    const options = { url: 'http://host.example', grant: 'g', ...wrong };
    for (const construct of [() => new BusApi(options), () => new Publisher(options), () => new Subscriber(options)]) {
      t.throws(construct, TypeError);
      t.notMatch(messageOf(construct), /secret/);
    }
  }
});

function messageOf(act: () => unknown): string {
  try {
    act();
    return '';
  } catch (error) {
    return String(error);
  }
}
