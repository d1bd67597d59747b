import t from 'tap';
import { startBroker } from '../support/broker/broker.js';
import { ENTRY, REFUSAL_BUNDLE, TOKENS } from '../support/broker/refusal-bundle.js';
import { RawSession } from '../support/raw-client/raw-client.js';

/** Their answers have some 20 MB: more than the kernel takes for a client that does not read, and than a session may have unwritten. */
const FRAMES = 100;
const NOTHING_AT_ALL = Array.from({ length: 1_000 }, () => ({}));

t.test('a session that does not take its answers is asked no more, and loses none of them', async (t) => {
  const broker = await startBroker(t);
  await broker.apply(REFUSAL_BUNDLE);
  const source = { url: broker.url, token: TOKENS.source, encoding: 'sluice.v1.json' } as const;
  const session = await RawSession.open(source);
  const other = await RawSession.open(source);
  session.pause();
  const frame = { kind: 'publish', events: NOTHING_AT_ALL };
  for (let i = 0; i < FRAMES; i++) session.sendBytes(JSON.stringify({ ...frame, ref: String(i) }));
  const event = { specversion: '1.0', id: 'e', type: ENTRY, op: 'create', data: { id: 's1' } };
  for (let i = 0; i < 20; i++) {
    const [result] = await other.publish([{ ...event, id: `e${i}` }]);
    t.equal(result?.problem, undefined, 'another session is served meanwhile');
  }
  session.resume();
  const answers = () => session.frames.filter(({ kind }) => kind === 'published');
  await session.until(() => answers().length === FRAMES || session.closed !== undefined, 'all answers');
  t.equal(session.closed, undefined, 'the session goes on');
  t.same(
    answers().map((answer) => 'ref' in answer && answer.ref),
    Array.from({ length: FRAMES }, (_, i) => String(i)),
  );
  await Promise.all([session.close(), other.close()]);
});
