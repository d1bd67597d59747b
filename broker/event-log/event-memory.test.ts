import fc from 'fast-check';
import t from 'tap';
import { EventMemory } from './event-memory.js';

t.test('kept bytes do not change with later events or with their source buffer', async (t) => {
  const lengths = fc.array(fc.oneof(fc.nat(600), fc.integer({ min: 8_000, max: 70_000 })), { maxLength: 200 });
  fc.assert(
    fc.property(lengths, (sizes) => {
      const memory = new EventMemory();
      const received = Buffer.alloc(70_000);
      const kept = sizes.map((size, i) => memory.keep(received.subarray(0, size).fill(i % 251)));
      received.fill(255);
      return kept.every((bytes, i) => bytes.length === sizes[i] && bytes.every((byte) => byte === i % 251));
    }),
  );
  t.pass('for all sizes');
});

t.test('kept bytes are not in the pool of short-lived buffers', async (t) => {
  const memory = new EventMemory();
  const pool = Buffer.allocUnsafe(8).buffer;
  t.not(memory.keep(Buffer.from('small')).buffer, pool);
  t.equal(memory.keep(Buffer.alloc(60_000)).buffer.byteLength, 60_000, 'a large one is not more than itself');
});
