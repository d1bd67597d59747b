import { headers } from '@nats-io/transport-node';
import t from 'tap';
import type { OutMessage } from './out-message.js';
import { PublishBytes } from './publish-bytes.js';
import { type BatchMember, putPublish } from './put-publish.js';

const data = Buffer.from('data');
const message = { subject: 'ev.0.a.b.c', data };

/** As the client writes them. */
function byClient(values: Record<string, string>): string {
  const made = headers() as unknown as { set(name: string, value: string): void; encode(): Uint8Array };
  for (const [name, value] of Object.entries(values)) made.set(name, value);
  return Buffer.from(made.encode()).toString();
}

function written(more: Partial<OutMessage>, reply = '', member?: BatchMember): string {
  const bytes = new PublishBytes(1_000, 1, 4);
  putPublish(bytes, { ...message, ...more }, reply, member);
  return Buffer.from(bytes.finish()).toString();
}

t.test('a message has the headers that the client would write, and their lengths in bytes', async (t) => {
  const id = 'licensing/a.b/Ünïcode 1';
  const block = byClient({
    'Nats-Msg-Id': id,
    'Nats-TTL': '60s',
    'Nats-Expected-Last-Sequence': '0',
    'Nats-Expected-Last-Subject-Sequence': '12',
    'Nats-Batch-Id': 'batch',
    'Nats-Batch-Sequence': '7',
    'Nats-Batch-Commit': '1',
  });
  const text = written({ id, ttlSeconds: 60, expectLast: 0, expectLastSubject: 12 }, 'inbox.1', {
    id: 'batch',
    sequence: 7,
    commit: true,
  });
  const [, headBytes, payloadBytes] = /^HPUB ev\.0\.a\.b\.c inbox\.1 0*(\d+) 0*(\d+)\r\n/.exec(text) ?? [];
  t.equal(text.slice(text.indexOf('\r\n') + 2), `${block}data\r\n`);
  t.equal(Number(headBytes), Buffer.byteLength(block));
  t.equal(Number(payloadBytes), Buffer.byteLength(block) + 4);
});

t.test('a message without conditions has no headers', async (t) => {
  t.equal(written({}), 'PUB ev.0.a.b.c 4\r\ndata\r\n');
  t.equal(written({}, 'inbox.2'), 'PUB ev.0.a.b.c inbox.2 4\r\ndata\r\n');
});

t.test('a message id with a line break is refused', async (t) => {
  t.throws(() => written({ id: 'a\r\nNats-Rollup: all' }), TypeError);
});

t.test('messages follow one another, whatever memory was expected', async (t) => {
  const bytes = new PublishBytes(10_000, 1, 0);
  for (let i = 0; i < 100; i++) putPublish(bytes, message, `r${i}`);
  const expected = Array.from({ length: 100 }, (_, i) => `PUB ev.0.a.b.c r${i} 4\r\ndata\r\n`).join('');
  t.equal(Buffer.from(bytes.finish()).toString(), expected);
});

t.test('a message whose headers and data are larger than the server takes is refused', async (t) => {
  const bytes = new PublishBytes(40, 1, 4);
  t.throws(() => putPublish(bytes, { ...message, id: 'x'.repeat(20) }, ''), { name: 'StoreRefusedError' });
  t.throws(() => putPublish(bytes, { ...message, data: Buffer.alloc(41) }, ''), { name: 'StoreRefusedError' });
});
