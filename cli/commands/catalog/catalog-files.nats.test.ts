import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { sluice } from '../../../tests/support/connectors/recording-terminal.js';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { civilBus } from '../../../tests/support/sheets/civil-bus.js';
import { change, csv, FIRST, SECOND } from '../../../tests/support/sheets/guide-rows.js';

const OWN = `profile: own
base: guide-2017
columns: { 更新周期: { field: updateFrequency, map: { 实时: daily } } }
`;

t.test('sheets and profiles on the command line', async (t) => {
  const bus = await civilBus(t);
  const folder = await temporaryFolder(t);
  const path = (name: string): string => join(folder, name);
  const asEditor = (...args: string[]) =>
    sluice('catalog', ...args, '--url', bus.url, '--token', bus.tokens.get('chen') ?? '');
  await writeFile(path('a.csv'), csv(FIRST, SECOND));
  await writeFile(path('lacking.csv'), csv(change(FIRST, '更新周期', ''), SECOND));
  await writeFile(path('own.yaml'), OWN);

  const dry = await asEditor('import', path('a.csv'), '--profile', path('own.yaml'), '--dry-run');
  t.match(dry, { exitCode: 0, out: /^draft civil\.e-306001-1 rows 2-3\ntotal 1 drafts 1 missing 0 refused 0$/ });
  const headers = { authorization: `Bearer ${bus.tokens.get('chen')}` };
  t.equal(
    (await fetch(`${bus.url}/v1/profiles/own`, { headers })).status,
    404,
    'a profile in a file is stored nowhere',
  );
  t.equal(
    (await fetch(`${bus.url}/v1/catalog/civil.e-306001-1/file`, { headers })).status,
    404,
    'a dry run lays nothing',
  );

  const lay = ['import', path('a.csv'), '--profile', path('own.yaml'), '--party', 'civil', '--json', '--key', 'own-1'];
  const laid = await asEditor(...lay);
  t.match(laid, { exitCode: 0, out: /"changed":true/ });
  t.strictSame(await asEditor(...lay), laid, 'a command that is repeated with its key gets the same report');
  t.match(await bus.read('chen', '/v1/catalog/civil.e-306001-1/file'), { document: { updateFrequency: 'daily' } });
  t.match(await asEditor('import', path('lacking.csv'), '--profile', 'guide-2017'), {
    exitCode: 1,
    out: /^missing civil\.e-306001-1 row 2 column 更新周期 updateFrequency R13\n/,
  });
  for (const [args, err] of [
    [['import', path('a.csv'), '--profile', 'none'], /^sluice: the profile is not known$/],
    [['import', path('a.csv'), '--profile', 'two-sheets'], /^sluice: [^\n]*CSV has one sheet[^\n]*$/],
    [['export', path('a.csv'), '--profile', 'dcat-ap'], /^sluice: [^\n]*dcat-ap[^\n]*$/],
    [['export', path('a.jsonld'), '--profile', 'guide-2017'], /^sluice: [^\n]*guide-2017[^\n]*$/],
  ] as const) {
    t.match(await asEditor(...args), { exitCode: 2, out: '', err }, args.join(' '));
  }
  t.match(await asEditor('import', path('a.csv'), '--profile', 'guide-2017', '--party', 'tax'), {
    exitCode: 1,
    out: '',
    err: /NOT_YOUR_ROLE/,
  });

  t.equal((await asEditor('export', path('b.csv'), '--profile', path('own.yaml'))).exitCode, 0);
  t.match(await readFile(path('b.csv'), 'utf8'), /^\ufeff.*出生登记/s);
  t.equal((await asEditor('export', path('b.jsonld'), '--profile', 'dcat-ap')).exitCode, 0);
  const again = await asEditor('import', path('b.jsonld'), '--profile', 'dcat-ap', '--json');
  t.match(again, { exitCode: 1, out: /"field":"updateFrequency".*"changed":false/ });
});
