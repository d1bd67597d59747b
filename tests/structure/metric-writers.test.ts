import t from 'tap';
import { readSourceTree } from './source-tree.js';

const code = readSourceTree().filter((file) => !file.isTest && file.path.startsWith('broker/'));
const parts = code.filter(({ path }) => /^broker\/metrics\/\w+-metrics\.ts$/.test(path));
const callers = code.filter(({ path }) => !path.startsWith('broker/metrics/'));

/** `  eventRefused(code: ErrorCode): void {` at the depth of a class member. */
const methodsOf = (text: string): string[] =>
  [...text.matchAll(/^ {2}(\w+)\([^)]*\): void \{/gm)].map(([, name]) => name!);

t.test('everything that a metrics class can count is counted by some room', async (t) => {
  const uncalled = parts.flatMap(({ path, text }) =>
    methodsOf(text)
      .filter((method) => !callers.some((caller) => caller.text.includes(`.${method}(`)))
      .map((method) => `${path}: ${method} has no caller`),
  );
  t.strictSame(uncalled, []);
  t.ok(parts.flatMap(({ text }) => methodsOf(text)).length > 20, 'the classes were read');
});

t.test('every metric that a metrics class declares is written by one of its methods', async (t) => {
  const unwritten = parts.flatMap(({ path, text }) =>
    [...text.matchAll(/this\.(#\w+) = make\./g)]
      .map(([, field]) => field!)
      .filter((field) => !new RegExp(`this\\.${field}\\.(?:inc|dec|set|observe)\\(`).test(text))
      .map((field) => `${path}: ${field} is never written`),
  );
  t.strictSame(unwritten, []);
});
