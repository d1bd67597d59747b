import { readFile, stat, symlink, writeFile } from 'node:fs/promises';
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

t.test('damaged, empty or foreign state is reported and treated as lost by readIfUsable', async (t) => {
  const path = join(await temporaryFolder(t), 'state.json');
  const file = new StateFile<{ count: number }>(path);
  const lost: string[] = [];
  const read = () =>
    file.readIfUsable(
      ({ count }) => typeof count === 'number',
      (one) => lost.push(one),
    );
  t.equal(read(), undefined);
  t.same(lost, [], 'a first start is no loss');
  for (const text of ['', '{"count":', 'null', '[]', '{}', '{"count":"1"}']) {
    await writeFile(path, text);
    t.equal(read(), undefined, text);
  }
  t.same(lost, Array(6).fill(path));
  await file.write({ count: 1 });
  t.same(read(), { count: 1 });
});

t.test('only its owner may read the file, and no link is followed', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'state.json');
  await writeFile(path, '{}', { mode: 0o644 });
  await writeFile(join(folder, 'elsewhere'), 'untouched');
  await symlink(join(folder, 'elsewhere'), `${path}.new`);
  await new StateFile(path).write({ count: 1 });
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.equal(await readFile(join(folder, 'elsewhere'), 'utf8'), 'untouched');
});

t.test('a missing folder rejects each write, and a later write is attempted again', async (t) => {
  const file = new StateFile(join(await temporaryFolder(t), 'none', 'state.json'));
  await t.rejects(file.write({}), { code: 'ENOENT' });
  await t.rejects(file.write({}), { code: 'ENOENT' });
});
