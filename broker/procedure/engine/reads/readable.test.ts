import t from 'tap';
import type { ProcedureFile } from '../../files/file.js';
import type { FileReader } from '../../files/file-reader.js';
import { readablePage } from './readable.js';

const FILES = Array.from({ length: 10_000 }, (_, index) => ({ id: `f${index}` }) as ProcedureFile);
const reader: Pick<FileReader, 'list'> = {
  list: async ({ after = 0, limit }) => {
    const files = FILES.slice(after, after + limit);
    const firstSeqs = files.map((_file, index) => after + index + 1);
    return { files, firstSeqs, ...(after + limit < FILES.length && { next: firstSeqs.at(-1) as number }) };
  },
};
const every =
  (step: number) =>
  ({ id }: ProcedureFile): string | undefined =>
    Number(id.slice(1)) % step === step - 1 ? id : undefined;

t.test('a page is filled with what the reader sees, and the next one goes on behind it', async (t) => {
  const first = await readablePage(reader, { kind: 'catalog', limit: 3 }, every(10));
  t.strictSame(first, { found: ['f9', 'f19', 'f29'], next: 30 });
  const rest = await readablePage(reader, { kind: 'catalog', limit: 50, after: 9_930 }, every(10));
  t.strictSame(rest, { found: ['f9939', 'f9949', 'f9959', 'f9969', 'f9979', 'f9989', 'f9999'] });
});

t.test('a page of two looks as far as a long one for what the reader sees', async (t) => {
  t.strictSame(await readablePage(reader, { kind: 'catalog', limit: 2 }, every(1_500)), {
    found: ['f1499', 'f2999'],
    next: 3_000,
  });
});

t.test('a stored page that is full by its bytes ends the page, once the reader sees anything', async (t) => {
  const short: Pick<FileReader, 'list'> = { list: (query) => reader.list({ ...query, limit: 5 }) };
  t.strictSame(await readablePage(short, { kind: 'catalog', limit: 100 }, every(2)), { found: ['f1', 'f3'], next: 5 });
  const rare = await readablePage(short, { kind: 'catalog', limit: 100 }, every(12));
  t.strictSame(rare, { found: ['f11'], next: 15 });
});

t.test('who sees few of very many files gets a shorter page that says where to go on', async (t) => {
  const page = await readablePage(reader, { kind: 'catalog', limit: 2 }, every(9_000));
  t.strictSame(page, { found: [], next: 2 + 19 * 200 });
});
