import t from 'tap';
import type { PublishResult } from '../../proto/frames/frames.js';
import { startBroker } from '../../tests/support/broker/broker.js';
import { person, REGISTER_BUNDLE } from '../../tests/support/connectors/register-bundle.js';
import { ApiError, ConnectionLostError } from '../errors.js';
import { publishHttp } from './http-publisher.js';

const bytes = (text: string) => [Buffer.from(text)];
const token = 'registry-source-token-0123456789';
const ignore = () => {};
const { url, apply, broker } = await startBroker(t);
await apply(REGISTER_BUNDLE);

t.test('an NDJSON body is published line by line, and each refusal names its line', async (t) => {
  const wrong = { ...person(7), data: { ...person(7).data, born: 'yesterday' } };
  const text = [person(0), wrong, person(1)].map((event) => JSON.stringify(event)).join('\n');
  const refused: PublishResult[] = [];
  const body = bytes(`${text}\n\nnot json\n${JSON.stringify(person(2))}`);
  const summary = await publishHttp({ url, token, body, onRefused: (result) => refused.push(result) });
  t.same(summary, { accepted: 3, duplicates: 0, refused: 2 });
  t.match(refused, [
    { line: 2, problem: { code: 'ITEM_INVALID', item: 'born' } },
    { line: 5, problem: { code: 'BAD_JSON' } },
  ]);
  const again = await publishHttp({ url, token, body: bytes(text), onRefused: ignore });
  t.same(again, { accepted: 0, duplicates: 2, refused: 1 });
});

t.test('a body larger than any packet and flow-control window is published whole', async (t) => {
  const lines = Array.from({ length: 3_000 }, (_, number) => `${JSON.stringify(person(number + 10))}\n`);
  const whole = Buffer.from(lines.join(''));
  const body = Array.from({ length: Math.ceil(whole.length / 50_000) }, (_, index) =>
    whole.subarray(index * 50_000, (index + 1) * 50_000),
  );
  const summary = await publishHttp({ url, token, body, onRefused: ignore });
  t.same(summary, { accepted: 3_000, duplicates: 0, refused: 0 });
});

t.test('a wrong token is an API error, an unreachable bus is a lost connection', async (t) => {
  const body = bytes(JSON.stringify(person(0)));
  await t.rejects(publishHttp({ url, token: 'nobody', body, onRefused: ignore }), ApiError);
  await broker.drain();
  await t.rejects(publishHttp({ url, token, body, onRefused: ignore }), ConnectionLostError);
});
