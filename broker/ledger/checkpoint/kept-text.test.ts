import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { temporaryFolder } from '../../../tests/support/nats/nats.js';
import { type KeptText, KeptTexts } from './kept-text.js';

const bytes = (i: number): Buffer => Buffer.from(`text ${i} 出生`.padEnd(100, '.'));
const shown = (texts: readonly KeptText[]): string[] => texts.map((text) => text.read().toString());

t.test('texts beyond the bound are read from files without a name, until a checkpoint holds them', async (t) => {
  const folder = await temporaryFolder(t);
  const kept = new KeptTexts(join(folder, 'made', 'checkpoint'), 1_000);
  const texts = Array.from({ length: 95 }, (_, i) => kept.keep(bytes(i)));
  const expected = Array.from({ length: 95 }, (_, i) => bytes(i).toString());
  t.ok(texts.filter((text) => text.isInMemory).length <= 10);
  t.same(shown(texts), expected);
  t.same(await readdir(join(folder, 'made')), []);
  kept.checkpointBegins();
  const later = Array.from({ length: 25 }, (_, i) => kept.keep(bytes(i)));
  kept.checkpointStored();
  t.same(shown(later), expected.slice(0, 25), 'files that were made after the checkpoint had begun stay open');
});

t.test('a text that was released takes no room in memory, and a snapshot that holds it can read it', async (t) => {
  const kept = new KeptTexts(join(await temporaryFolder(t), 'checkpoint'), 1_000);
  const texts = Array.from({ length: 50 }, (_, i) => {
    const text = kept.keep(bytes(i));
    kept.release(text);
    return text;
  });
  t.ok(
    texts.every((text) => text.isInMemory),
    'nothing had to be written',
  );
  t.equal(shown(texts)[49], bytes(49).toString());
});

t.test(
  'the JSON of a value is read whether it waits, lies in a file, or was released before it was made',
  async (t) => {
    const kept = new KeptTexts(join(await temporaryFolder(t), 'checkpoint'), 1_000);
    const value = (i: number): object => ({ id: i, name: '出生', more: 'x'.repeat(50) });
    const texts = Array.from({ length: 1_200 }, (_, i) => kept.keepJson(value(i)));
    const released = kept.keepJson(value(-1));
    kept.release(released);
    t.same(
      shown([...texts, released]),
      [...texts.keys(), -1].map((i) => JSON.stringify(value(i))),
    );
    t.ok(texts.filter((text) => text.isInMemory).length <= 250, 'all but the newest lie in files');
  },
);

t.test('texts stay in memory when the disk does not take them', async (t) => {
  const kept = new KeptTexts(join('/dev/null', 'checkpoint'), 1_000);
  const texts = Array.from({ length: 50 }, (_, i) => kept.keep(bytes(i)));
  t.ok(texts.every((text) => text.isInMemory));
  t.equal(shown(texts)[0], bytes(0).toString());
});
