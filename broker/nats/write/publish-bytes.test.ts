import { headers } from '@nats-io/transport-node';
import t from 'tap';
import { headerLines } from './header-lines.js';
import { PublishBytes } from './publish-bytes.js';

const data = Buffer.from('data');
const message = { subject: 'ev.0.a.b.c', data };

/** As the client writes them. */
function byClient(values: Record<string, string>): string {
  const made = headers() as unknown as { set(name: string, value: string): void; encode(): Uint8Array };
  for (const [name, value] of Object.entries(values)) made.set(name, value);
  return Buffer.from(made.encode()).toString();
}

const written = (lines: string, reply = ''): string =>
  Buffer.from(new PublishBytes(1_000, 1, 4).add({ ...message, headers: lines, reply }).finish()).toString();

t.test('a message has the headers that the client would write, and their lengths in bytes', async (t) => {
  const full = { ...message, id: 'licensing/a.b/Ünïcode 1', ttlSeconds: 60, expectLast: 0, expectLastSubject: 12 };
  const block = byClient({
    'Nats-Msg-Id': full.id,
    'Nats-TTL': '60s',
    'Nats-Expected-Last-Sequence': '0',
    'Nats-Expected-Last-Subject-Sequence': '12',
    'Nats-Batch-Id': 'batch',
    'Nats-Batch-Sequence': '7',
    'Nats-Batch-Commit': '1',
  });
  const bytes = Buffer.byteLength(block);
  t.equal(
    written(headerLines(full, { id: 'batch', sequence: 7, commit: true }), 'inbox.1'),
    `HPUB ev.0.a.b.c inbox.1 ${bytes} ${bytes + 4}\r\n${block}data\r\n`,
  );
});

t.test('a message without conditions has no headers', async (t) => {
  t.equal(written(headerLines(message)), 'PUB ev.0.a.b.c 4\r\ndata\r\n');
});

t.test('a message id with a line break is refused', async (t) => {
  t.throws(() => headerLines({ ...message, id: 'a\r\nNats-Rollup: all' }), TypeError);
});

t.test('messages follow one another, whatever memory was expected', async (t) => {
  const bytes = new PublishBytes(10_000, 1, 0);
  for (let i = 0; i < 100; i++) bytes.add({ ...message, headers: '', reply: `r${i}` });
  const expected = Array.from({ length: 100 }, (_, i) => `PUB ev.0.a.b.c r${i} 4\r\ndata\r\n`).join('');
  t.equal(Buffer.from(bytes.finish()).toString(), expected);
});

t.test('a message whose headers and data are larger than the server takes is refused', async (t) => {
  const bytes = new PublishBytes(40, 1, 4);
  t.throws(() => bytes.add({ ...message, headers: headerLines({ ...message, id: 'x'.repeat(20) }), reply: '' }), {
    name: 'StoreRefusedError',
  });
});
