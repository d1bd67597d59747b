import t from 'tap';
import { spawnBroker } from '../support/broker/broker-process.js';
import { temporaryFolder } from '../support/nats/nats.js';
import { call } from '../support/raw-client/raw-http.js';

/** The library that reads YAML runs to the end of its stack at these. */
const NESTED = ['[', '{', '- ', '? ', 'a: ', '[{'].map((piece) => piece.repeat(3_000));
/** A regular expression is compiled anew when it is used for the second time: there the process ended. */
const TIMES = 3;

t.test('documents of nothing but nested lists and maps are refused, and the broker serves on', async (t) => {
  const broker = await spawnBroker(t, await temporaryFolder(t));
  const operator = { url: broker.url, token: broker.operatorToken };
  for (const text of NESTED) {
    for (let time = 0; time < TIMES; time++) {
      const refused = await call(operator, 'POST', '/v1/bundles', text, 'application/yaml');
      t.match(refused, { status: 413, json: { code: 'TOO_LARGE' } }, text.slice(0, 4));
    }
  }
  t.equal((await fetch(`${broker.url}/healthz`)).status, 200);
});
