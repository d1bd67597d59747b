import t from 'tap';
import { ENVIRONMENT_VARIABLES } from '../../broker/config.js';
import { CONFIG_DEFAULTS } from '../../broker/config-shape.js';
import { Metrics } from '../../broker/metrics/metrics.js';
import { GRANT_SERIES } from '../../broker/observe/grant-series.js';
import { readText } from './source-tree.js';

const text = readText('docs/operations.md');

/** `| keys | default | environment | what |` of the configuration table. */
const ROW = /^\| (`[\w.`, ]+) \| (`[^`]+`|–) \| (?:(`[^`]+`) )?\|/gm;
const bare = (cell: string): string => cell.replaceAll('`', '');

const documented = [...text.matchAll(ROW)].flatMap(([, keys, value, variable = '']) =>
  bare(keys as string)
    .split(', ')
    .map((key) => ({ key, value: bare(value as string), variable: bare(variable) })),
);

/** `session.maxCredit` → its default as a string, an en dash where there is none or an empty list. */
function defaults(settings: object, path = ''): [string, string][] {
  return Object.entries(settings).flatMap(([name, value]): [string, string][] => {
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return defaults(value, `${path}${name}.`);
    return [
      [`${path}${name}`, value === undefined || (Array.isArray(value) && value.length === 0) ? '–' : String(value)],
    ];
  });
}

t.test('docs/operations.md lists every setting with its default, and no other', async (t) => {
  const found = documented.map(({ key, value }): [string, string] => [key, value]);
  t.strictSame(Object.fromEntries(found), Object.fromEntries(defaults(CONFIG_DEFAULTS)));
  t.equal(found.length, defaults(CONFIG_DEFAULTS).length, 'each once');
});

t.test('docs/operations.md names the environment variable of every setting that has one', async (t) => {
  const fromCode = Object.entries(ENVIRONMENT_VARIABLES).map(([variable, setting]) => [setting, variable]);
  const fromDocs = documented.filter(({ variable }) => variable !== '').map(({ key, variable }) => [key, variable]);
  t.ok(fromCode.length > 5, 'the code was read');
  t.strictSame(Object.fromEntries(fromDocs), Object.fromEntries(fromCode));
});

t.test('every metric that docs/operations.md names exists', async (t) => {
  const exist = new Set([
    ...(await new Metrics().registry.getMetricsAsJSON()).map(({ name }) => name),
    ...Object.keys(GRANT_SERIES),
  ]);
  const named = [...new Set([...text.matchAll(/`(sluice_\w+)/g)].map(([, name]) => name as string))];
  t.ok(named.length > 10);
  t.strictSame(
    named.filter((name) => !exist.has(name)),
    [],
  );
});
