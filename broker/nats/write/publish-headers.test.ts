import { headers } from '@nats-io/transport-node';
import t from 'tap';
import { publishHeaders } from './publish-headers.js';

const message = { subject: 'ev.0.a.b.c', data: Buffer.from('x') };
const textOf = (made: ReturnType<typeof publishHeaders>): string | undefined =>
  made && Buffer.from((made as unknown as { encode(): Uint8Array }).encode()).toString();

/** As the client writes them. */
function byClient(values: Record<string, string>): string {
  const made = headers();
  for (const [name, value] of Object.entries(values)) made.set(name, value);
  return textOf(made)!;
}

t.test('headers have the bytes that the client would write', async (t) => {
  const full = { ...message, id: 'licensing/a.b/Ünïcode 1', ttlSeconds: 60, expectLast: 0, expectLastSubject: 12 };
  t.equal(
    textOf(publishHeaders(full, { id: 'batch', sequence: 7, commit: true })),
    byClient({
      'Nats-Msg-Id': full.id,
      'Nats-TTL': '60s',
      'Nats-Expected-Last-Sequence': '0',
      'Nats-Expected-Last-Subject-Sequence': '12',
      'Nats-Batch-Id': 'batch',
      'Nats-Batch-Sequence': '7',
      'Nats-Batch-Commit': '1',
    }),
  );
  t.equal(textOf(publishHeaders({ ...message, id: 'one' })), byClient({ 'Nats-Msg-Id': 'one' }));
});

t.test('a message without conditions has no headers', async (t) => {
  t.equal(publishHeaders(message), undefined);
});

t.test('a message id with a line break is refused', async (t) => {
  t.throws(() => publishHeaders({ ...message, id: 'a\r\nNats-Rollup: all' }), TypeError);
});
