import t from 'tap';
import { PgoutputDecoder } from './pgoutput-decoder.js';
import { RowReader } from './row-reader.js';
import type { RowValues } from './row-values.js';

type Value = string | null | undefined;

/** A row as pgoutput sends it; undefined is an unchanged TOAST value. */
function rowBytes(kind: string, values: readonly Value[]): Buffer {
  const parts: Buffer[] = [Buffer.from(kind), Buffer.from([0, values.length])];
  for (const value of values) {
    if (value === undefined || value === null) parts.push(Buffer.from(value === null ? 'n' : 'u'));
    else {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(Buffer.byteLength(value));
      parts.push(Buffer.from('t'), length, Buffer.from(value));
    }
  }
  return Buffer.concat(parts);
}

const textsOf = (row: RowValues | undefined) => row && Array.from({ length: row.columns }, (_none, i) => row.text(i));

t.test('a row is read as strings in the order of its columns', async (t) => {
  const reader = new RowReader(rowBytes('N', ['1', null, '', '陈小明']), 0);
  t.equal(reader.before(), undefined);
  t.same(textsOf(reader.after(undefined)), ['1', null, '', '陈小明']);
});

t.test('an unchanged TOAST value is taken from the previous row', async (t) => {
  const message = Buffer.concat([rowBytes('O', ['1', 'large', 'a']), rowBytes('N', ['1', undefined, 'b'])]);
  const reader = new RowReader(message, 0);
  const before = reader.before();
  t.same(textsOf(before), ['1', 'large', 'a']);
  t.same(textsOf(reader.after(before)), ['1', 'large', 'b']);
});

t.test('a table without REPLICA IDENTITY FULL has no previous row', async (t) => {
  const message = Buffer.concat([rowBytes('K', ['1', null]), rowBytes('N', ['2', 'b'])]);
  const reader = new RowReader(message, 0);
  t.equal(reader.before(), undefined);
  t.same(textsOf(reader.after(undefined)), ['2', 'b']);
});

t.test('a message that is cut off or of an unknown kind ends the stream instead of becoming a record', async (t) => {
  const whole = rowBytes('N', ['1', 'text']);
  t.throws(() => new RowReader(whole.subarray(0, -1), 0).after(undefined), RangeError);
  t.throws(() => new RowReader(Buffer.concat([whole, whole]), 0, whole.length - 1).after(undefined), RangeError);
  t.throws(() => new RowReader(whole.subarray(0, 6), 0).after(undefined), RangeError);
  t.throws(() => new RowReader(Buffer.from([0x4e, 0, 1, 0x62, 0, 0, 0, 0]), 0).after(undefined), TypeError);
  t.throws(() => new PgoutputDecoder().decode(Buffer.concat([Buffer.from([0x49, 0, 0, 0, 1]), whole])), TypeError);
});
