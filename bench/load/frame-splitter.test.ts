import t from 'tap';
import { FrameSplitter } from './frame-splitter.js';

function frame(opcode: number, payload: Buffer): Buffer {
  const { length } = payload;
  if (length < 126) return Buffer.concat([Buffer.from([0x80 | opcode, length]), payload]);
  if (length < 65_536) return Buffer.concat([Buffer.from([0x80 | opcode, 126, length >> 8, length & 255]), payload]);
  const head = Buffer.alloc(10);
  head[0] = 0x80 | opcode;
  head[1] = 127;
  head.writeUInt32BE(length, 6);
  return Buffer.concat([head, payload]);
}

t.test('messages are complete however their bytes are cut', async (t) => {
  const payloads = [0, 1, 125, 126, 4000, 65_535, 65_536, 200_000].map((length, i) => Buffer.alloc(length, i + 1));
  const bytes = Buffer.concat(payloads.map((payload) => frame(2, payload)));
  for (const size of [1, 3, 1000, 65_537, bytes.length]) {
    const seen: Buffer[] = [];
    const splitter = new FrameSplitter((opcode, payload) => {
      if (opcode === 2) seen.push(Buffer.from(payload));
    });
    for (let at = 0; at < bytes.length; at += size) splitter.push(bytes.subarray(at, at + size));
    t.ok(seen.length === payloads.length && seen.every((one, i) => one.equals(payloads[i] as Buffer)), `by ${size}`);
  }
});
