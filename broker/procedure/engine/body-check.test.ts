import t from 'tap';
import { shapeProblems, TITLE } from './body-check.js';

const SHAPE = { body: { name: TITLE } };
const problemsOf = (name: unknown): string[] =>
  shapeProblems(SHAPE, { name }).map(({ path, text }) => `${path} ${text}`);

t.test('a title is a text, or one text for each language', async (t) => {
  for (const name of ['x', { zh: '名' }, { zh: '名', en: 'name' }, 'x'.repeat(200)]) t.strictSame(problemsOf(name), []);
});

t.test('a title that is wrong has one problem for each of its faults, at its place', async (t) => {
  t.strictSame(problemsOf(''), ['/name must not be blank']);
  t.strictSame(problemsOf({ zh: ' ', en: 'name' }), ['/name/zh must not be blank']);
  t.strictSame(problemsOf({ zh: '', en: 'x'.repeat(201) }), [
    '/name/zh must not be blank',
    '/name/en must have at most 200 characters',
  ]);
  t.strictSame(problemsOf({ zh: '名', fr: 'nom' }), ['/name/fr is not a known field']);
  t.strictSame(problemsOf(7), ['/name must be a string or an object']);
  t.equal(problemsOf({}).length, 1);
});
