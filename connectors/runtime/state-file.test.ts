import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { temporaryFolder } from '../../tests/support/nats/nats.js';
import { SourceUnfitError } from './connector-errors.js';
import { StateFile } from './state-file.js';

t.test('the last of many concurrent writes is the state that is read', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  const file = new StateFile<{ count: number }>(path);
  t.equal(file.read(), undefined);
  await Promise.all(Array.from({ length: 50 }, (_none, count) => file.write({ count })));
  t.same(new StateFile(path).read(), { count: 49 });
});

t.test('a damaged file is an error and not an empty state', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  await writeFile(path, '{"count":');
  t.throws(() => new StateFile(path).read(), SourceUnfitError);
});

t.test('a missing folder rejects each write, and a later write is attempted again', async (t) => {
  const file = new StateFile(join(await temporaryFolder(t), 'none', 'state.json'));
  await t.rejects(file.write({}), { code: 'ENOENT' });
  await t.rejects(file.write({}), { code: 'ENOENT' });
});
