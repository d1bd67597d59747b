import t from 'tap';
import type { ProcedureFile } from '../files/file.js';
import type { FileReader } from '../files/file-reader.js';
import { readablePage } from './readable.js';

const FILES = Array.from({ length: 100 }, (_, index) => ({ id: `f${index}` }) as ProcedureFile);
const reader: Pick<FileReader, 'list'> = {
  list: async ({ after, limit }) => {
    const from = after === undefined ? 0 : FILES.findIndex(({ id }) => id === after) + 1;
    const files = FILES.slice(from, from + limit);
    return { files, ...(from + limit < FILES.length && { next: files.at(-1)?.id as string }) };
  },
};
const every =
  (step: number) =>
  ({ id }: ProcedureFile): string | undefined =>
    Number(id.slice(1)) % step === step - 1 ? id : undefined;

t.test('a page is filled with what the reader sees, and the next one goes on behind it', async (t) => {
  const first = await readablePage(reader, { kind: 'catalog', limit: 3 }, every(10));
  t.strictSame(first, { found: ['f9', 'f19', 'f29'], next: 'f29' });
  const rest = await readablePage(reader, { kind: 'catalog', limit: 50, after: 'f29' }, every(10));
  t.strictSame(rest, { found: ['f39', 'f49', 'f59', 'f69', 'f79', 'f89', 'f99'] });
  t.strictSame(await readablePage(reader, { kind: 'catalog', limit: 10 }, every(10)), {
    found: ['f9', 'f19', 'f29', 'f39', 'f49', 'f59', 'f69', 'f79', 'f89', 'f99'],
  });
});

t.test('who sees few of very many files gets a shorter page that says where to go on', async (t) => {
  const page = await readablePage(reader, { kind: 'catalog', limit: 2 }, every(90));
  t.strictSame(page, { found: [], next: 'f39' });
});
