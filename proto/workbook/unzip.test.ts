import { strToU8, zipSync } from 'fflate';
import t from 'tap';
import type { Archive } from './archive-directory.js';
import { crc32 } from './crc32.js';
import { unzip } from './unzip.js';

const PARTS = { 'a.xml': strToU8('<a>46350</a>'), 'b.xml': strToU8('<b/>'), 'c.xml': strToU8('') };
const DAMAGED = { name: 'BrokenFileError', message: /damaged/ };

const archive = (bytes: Uint8Array, chunkBytes = bytes.length): Archive => ({
  bytes: bytes.length,
  *chunks() {
    for (let at = 0; at < bytes.length; at += chunkBytes) yield bytes.subarray(at, at + chunkBytes);
  },
});

const zip = (level: 0 | 6 = 6): Buffer => Buffer.from(zipSync(PARTS, { level }));
const unpack = (bytes: Uint8Array, chunkBytes?: number) =>
  unzip(archive(bytes, chunkBytes), (name) => name.toLowerCase());
const headerOf = (bytes: Buffer, signature: string, name: string): number =>
  bytes.lastIndexOf(signature, bytes.indexOf(name, bytes.indexOf(signature)), 'latin1');
const changed = (bytes: Buffer, at: number, value: number): Buffer => {
  const copy = Buffer.from(bytes);
  copy[at] = value;
  return copy;
};

t.test('the parts of an archive are unpacked, in whatever pieces it is read', async (t) => {
  for (const level of [0, 6] as const) {
    for (const chunkBytes of [1, 7, 100, undefined]) {
      const parts = await unpack(zip(level), chunkBytes);
      t.same(
        [...parts],
        [
          ['a.xml', '<a>46350</a>'],
          ['b.xml', '<b/>'],
          ['c.xml', ''],
        ],
        `${level} ${chunkBytes}`,
      );
    }
  }
  t.equal(crc32(strToU8('123456789')), 0xcbf4_3926);
});

t.test('an archive that was cut anywhere is refused', async (t) => {
  const whole = zip();
  for (let bytes = 0; bytes < whole.length; bytes++) {
    await t.rejects(unpack(whole.subarray(0, bytes)), DAMAGED, `${bytes} of ${whole.length} bytes`);
  }
});

t.test('a part with other bytes than were packed is refused', async (t) => {
  const stored = zip(0);
  await t.rejects(unpack(changed(stored, stored.indexOf('46350'), 0x35)), DAMAGED, 'a digit');
  const packed = zip();
  const entry = headerOf(packed, 'PK\x01\x02', 'a.xml');
  await t.rejects(unpack(changed(packed, entry + 24, 5)), DAMAGED, 'a size that is too small');
  await t.rejects(unpack(changed(packed, entry + 24, 200)), DAMAGED, 'a size that is too large');
  await t.rejects(unpack(changed(packed, entry + 42, 1)), DAMAGED, 'the offset of something else');
  await t.rejects(unpack(changed(packed, entry + 8, 1)), { message: /password/ });
  await t.rejects(unpack(changed(packed, entry + 10, 99)), { message: /unknown method/ });
});

t.test('two parts with one key are refused, and a file that the directory does not name is none', async (t) => {
  const twice = Buffer.from(zipSync({ ...PARTS, 'A.XML': strToU8('<evil/>') }));
  await t.rejects(unpack(twice), { message: /twice/ });
  const whole = zip();
  const directory = whole.indexOf('PK\x01\x02', 0, 'latin1');
  const more = Buffer.from(zipSync({ 'a.xml': strToU8('<evil/>') }));
  const inserted = more.subarray(0, more.indexOf('PK\x01\x02', 0, 'latin1'));
  const joined = Buffer.concat([whole.subarray(0, directory), inserted, whole.subarray(directory)]);
  const end = joined.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  joined.writeUInt32LE(directory + inserted.length, end + 16);
  t.equal((await unpack(joined)).get('a.xml'), '<a>46350</a>');
});

t.test('an archive of ZIP64 is read as any other', async (t) => {
  const whole = zip();
  const end = whole.lastIndexOf('PK\x05\x06', undefined, 'latin1');
  const record = Buffer.alloc(56 + 20);
  record.writeUInt32LE(0x06064b50, 0);
  record.writeBigUInt64LE(BigInt(whole.readUInt32LE(end + 12)), 40);
  record.writeBigUInt64LE(BigInt(whole.readUInt32LE(end + 16)), 48);
  record.writeUInt32LE(0x07064b50, 56);
  const tail = Buffer.from(whole.subarray(end));
  tail.writeUInt32LE(0xffff_ffff, 12);
  tail.writeUInt32LE(0xffff_ffff, 16);
  const parts = await unpack(Buffer.concat([whole.subarray(0, end), record, tail]));
  t.equal(parts.get('b.xml'), '<b/>');
});
