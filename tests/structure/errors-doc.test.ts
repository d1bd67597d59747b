import t from 'tap';
import { ERROR_KINDS, type ErrorKind } from '../../proto/errors.js';
import { readSourceTree, readText } from './source-tree.js';

/** `| code | status | retry | title | what to do |` */
const ROW = /^\| `([A-Z0-9_]+)` \| (\d{3}) \| (yes|no) \| ([^|]+) \| ([^|]+) \|$/gm;

const documented = [...readText('docs/errors.md').matchAll(ROW)].map(([, code, status, retry, title, advice]) => ({
  code: code as string,
  kind: { status: Number(status), title: (title as string).trim(), retryable: retry === 'yes' },
  advice: (advice as string).trim(),
}));

t.test('docs/errors.md lists every code with its status, title and retry, and no other', async (t) => {
  const fromDocs: Record<string, ErrorKind> = Object.fromEntries(documented.map(({ code, kind }) => [code, kind]));
  t.strictSame(Object.keys(fromDocs).sort(), Object.keys(ERROR_KINDS).sort());
  t.strictSame(fromDocs, { ...ERROR_KINDS });
});

t.test('docs/errors.md lists each code once, with advice', async (t) => {
  t.equal(new Set(documented.map(({ code }) => code)).size, documented.length);
  for (const { code, advice } of documented) t.ok(advice.length > 3, code);
});

t.test('every error code is used by the code', async (t) => {
  const code = readSourceTree().filter((file) => !file.isTest && file.path !== 'proto/errors.ts');
  const unused = Object.keys(ERROR_KINDS).filter((name) => !code.some((file) => file.text.includes(`'${name}'`)));
  t.strictSame(unused, []);
});
