import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import type { Msg } from '@nats-io/transport-node';
import t, { type Test } from 'tap';
import { LeaderRequests, type RequestLink } from './leader-requests.js';

/** A connection whose server is the test. */
function startLink(t: Test) {
  const sent: { subject: string; body: string; reply: string }[] = [];
  let answered: ((error: Error | null, message: Msg) => void) | undefined;
  let changed: ((up: boolean) => void) | undefined;
  let isUp = true;
  const nc = {
    subscribe: (_subject: string, { callback }: { callback: typeof answered }) => {
      answered = callback;
    },
    publish: (subject: string, body: string, { reply }: { reply: string }) => sent.push({ subject, body, reply }),
  };
  const link = { nc, inboxPrefix: '_INBOX', isUp: () => isUp, onStatus: (fn: typeof changed) => (changed = fn) };
  const requests = new LeaderRequests(link as unknown as RequestLink);
  t.teardown(() => requests.stop());
  return {
    requests,
    sent,
    answer: (reply: string, data: string, code?: number) =>
      answered?.(null, { subject: reply, data: Buffer.from(data), headers: code && { code } } as unknown as Msg),
    lose: () => {
      isUp = false;
      changed?.(false);
    },
  };
}

t.test('what is asked in one turn leaves at its end, and each gets its own answer in whatever order', async (t) => {
  const { requests, sent, answer } = startLink(t);
  const first = requests.ask('a', '1');
  const second = requests.ask('b', '2');
  t.same(sent, [], 'nothing leaves within the turn');
  await turn();
  t.same(
    sent.map(({ subject, body }) => [subject, body]),
    [
      ['a', '1'],
      ['b', '2'],
    ],
  );
  answer(sent[1]!.reply, 'two');
  answer(sent[0]!.reply, 'one');
  t.equal(String((await first).data), 'one');
  t.equal(String((await second).data), 'two');
  t.doesNotThrow(() => answer(sent[0]!.reply, 'again'), 'an answer that comes twice is dropped');
});

t.test('a request that nobody takes is refused as a store that cannot be reached', async (t) => {
  const { requests, sent, answer } = startLink(t);
  const asked = requests.ask('a', '1');
  await turn();
  answer(sent[0]!.reply, '', 503);
  await t.rejects(asked, { code: 'STORE_UNAVAILABLE', message: /no responders/ });
});

t.test('a lost connection refuses what was asked, sent or not, and what is asked then', async (t) => {
  const { requests, sent, lose } = startLink(t);
  const earlier = requests.ask('a', '1');
  await turn();
  const unsent = requests.ask('b', '2');
  lose();
  await t.rejects(earlier, { code: 'STORE_UNAVAILABLE' });
  await t.rejects(unsent, { code: 'STORE_UNAVAILABLE' });
  await t.rejects(requests.ask('c', '3'), { code: 'STORE_UNAVAILABLE' });
  await turn();
  t.equal(sent.length, 1, 'what was refused does not leave later');
});

/** Longer than a request waits on a quick line, and shorter than it waits on one that has answered late. */
const SLOW_ANSWER_MS = 3_200;

t.test('a line that is slower than the wait gets its answers once one of them has come late', async (t) => {
  const { requests, sent, answer } = startLink(t);
  const first = requests.ask('a', '1');
  await turn();
  const late = new Promise<void>((resolve) => {
    setTimeout(() => {
      answer(sent[0]!.reply, 'late');
      resolve();
    }, SLOW_ANSWER_MS);
  });
  await t.rejects(first, { code: 'STORE_UNAVAILABLE' }, 'the first one is given up');
  await late;
  const second = requests.ask('b', '2');
  await turn();
  setTimeout(() => answer(sent[1]!.reply, 'late'), SLOW_ANSWER_MS);
  t.equal(String((await second).data), 'late');
});

t.test('an answer that came while the process had no processor counts, though its time is over', async (t) => {
  const { requests, sent, answer } = startLink(t);
  const server = createServer().listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  t.teardown(() => socket.destroy());
  const [accepted] = await once(server, 'connection');
  accepted.once('data', () => answer(sent[0]!.reply, 'late'));
  const asked = requests.ask('a', '1');
  await turn();
  socket.write('x');
  // As a process that others keep from the processor: longer than an answer may take.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_600);
  t.equal(String((await asked).data), 'late');
});
