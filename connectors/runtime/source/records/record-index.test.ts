import { appendFile, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { temporaryFolder } from '../../../../tests/support/nats/nats.js';
import { RecordIndex } from './record-index.js';

const record = (digest: string) => ({ digest, previous: { district: 'd1' } });

t.test('a flush writes the changes up to its checkpoint and none behind it', async (t) => {
  const path = join(await temporaryFolder(t), 'index');
  const index = new RecordIndex(path);
  index.set('a', record('1'));
  const confirmed = index.checkpoint();
  index.set('a', record('2'));
  index.set('b', record('1'));
  await index.flush(confirmed);
  const restarted = new RecordIndex(path);
  await restarted.load();
  t.same([...restarted.keys()], ['a']);
  t.equal(restarted.get('a')?.digest, '1');
  await index.flush(confirmed);
  await index.flush(index.checkpoint());
  await restarted.load();
  t.same([...restarted.keys()], ['a', 'b']);
  t.equal(restarted.get('a')?.digest, '2');
});

t.test('a line that a crash cut off is left out, and later lines are read', async (t) => {
  const path = join(await temporaryFolder(t), 'index');
  const index = new RecordIndex(path);
  index.set('a', record('1'));
  await index.flush(index.checkpoint());
  await appendFile(path, '{"key":"b","dig');
  index.set('c', record('1'));
  await index.flush(index.checkpoint());
  await index.load();
  t.same([...index.keys()], ['a', 'c']);
});

t.test('only its owner may read the journal, also one that was readable before', async (t) => {
  const folder = await temporaryFolder(t);
  const path = join(folder, 'index');
  await writeFile(path, '{"key":"a","digest":"1"}\n', { mode: 0o644 });
  await writeFile(join(folder, 'elsewhere'), 'untouched');
  await symlink(join(folder, 'elsewhere'), `${path}.new`);
  const index = new RecordIndex(path);
  await index.load();
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.equal(await readFile(join(folder, 'elsewhere'), 'utf8'), 'untouched');
  await index.clear();
  index.set('b', record('1'));
  await index.flush(index.checkpoint());
  t.equal((await stat(path)).mode & 0o777, 0o600);
  t.same([...index.keys()], ['b']);
});
