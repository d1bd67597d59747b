import { link, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { DeliveredEvent } from '../../proto/event/event.js';
import type { SubscribedFrame } from '../../proto/frames/frames.js';
import { temporaryFolder } from '../../tests/support/nats/nats.js';
import { SinkUnfitError } from '../runtime/connector-errors.js';
import { parseFileSinkConfig } from './config.js';
import { csvFormat } from './event-lines.js';
import { FileSink } from './sink.js';

const event = (position: number, name = 'Ann'): DeliveredEvent => ({
  id: `p.e@${position}`,
  position,
  type: 'p.e',
  subject: 'a',
  time: '2026-11-24T00:00:00.000Z',
  op: 'create',
  data: { name },
});

async function scene(t: Test) {
  const folder = await temporaryFolder(t);
  const config = (more: object) => parseFileSinkConfig({ grant: 'g', folder, maxFileSeconds: 3600, ...more }, '/');
  const open = async (more = {}): Promise<FileSink> => {
    const sink = new FileSink(config(more), 'out');
    await sink.open();
    await sink.shape({ items: [] } as unknown as SubscribedFrame);
    return sink;
  };
  return { folder, open, path: (name: string) => join(folder, name) };
}

const PART = '.out-1.part';
const FINAL = 'out-000000000001-000000000001.ndjson';
const atOnce = { maxFileMb: 0.000001 };

t.test('a sink neither follows nor fills a link at the name of its part', async (t) => {
  const { open, path } = await scene(t);
  await writeFile(path('elsewhere'), 'untouched');
  await symlink(path('elsewhere'), path(PART));
  const sink = await open();
  await sink.write({ events: [event(1)], log: 'L' });
  t.match(await readFile(path(PART), 'utf8'), /"Ann"/);
  t.equal(await readFile(path('elsewhere'), 'utf8'), 'untouched');
});

t.test('a part that has become a link stops the sink, at a write and at a start', async (t) => {
  const { open, path } = await scene(t);
  const sink = await open();
  await sink.write({ events: [event(1)], log: 'L' });
  await writeFile(path('elsewhere'), 'x'.repeat(10_000));
  const { unlink } = await import('node:fs/promises');
  await unlink(path(PART));
  await symlink(path('elsewhere'), path(PART));
  await t.rejects(sink.write({ events: [event(2)], log: 'L' }), SinkUnfitError);
  await t.rejects(open(), SinkUnfitError);
  t.equal((await readFile(path('elsewhere'), 'utf8')).length, 10_000);
});

t.test('a complete file of another program is not overwritten, and the sink says which', async (t) => {
  for (const put of [(path: string) => writeFile(path, 'theirs'), (path: string) => symlink('/nowhere', path), mkdir]) {
    const { open, path } = await scene(t);
    await put(path(FINAL));
    const sink = await open(atOnce);
    await t.rejects(sink.write({ events: [event(1)], log: 'L' }), {
      name: 'SinkUnfitError',
      message: new RegExp(FINAL),
    });
  }
});

t.test('a crash between the two names of a file leaves one complete file', async (t) => {
  const { folder, open, path } = await scene(t);
  const sink = await open();
  await sink.write({ events: [event(1)], log: 'L' });
  await link(path(PART), path(FINAL));
  const restarted = await open(atOnce);
  await restarted.idle();
  t.same((await readdir(folder)).sort(), ['.out.progress.json', FINAL]);
});

t.test('bytes that a crash left behind the valid ones are cut off', async (t) => {
  const { open, path } = await scene(t);
  const sink = await open();
  await sink.write({ events: [event(1)], log: 'L' });
  const valid = await readFile(path(PART), 'utf8');
  await writeFile(path(PART), `${valid}{"half`);
  await (await open()).write({ events: [event(2, 'Bob')], log: 'L' });
  t.equal((await readFile(path(PART), 'utf8')).trim().split('\n').length, 2);
});

t.test('a value that a spreadsheet would run as a formula becomes text in CSV, and a number stays one', async (t) => {
  const { line } = csvFormat(['v'], 'text');
  const written = (value: string): string => {
    const fields = line({ ...event(1), data: { v: value } }).trimEnd();
    return fields.slice(fields.lastIndexOf(',') + 1);
  };
  for (const formula of ['=1+1', '+x', '-x', '@SUM(A1)', ' =1', '＝1+1', '-', '=HYPERLINK()', '-1+cmd']) {
    t.equal(written(formula), `'${formula}`);
  }
  t.equal(written('\t=1'), `'\t=1`);
  t.equal(
    line({ ...event(1), data: { v: '=A1,"x"' } })
      .trimEnd()
      .endsWith(`,"'=A1,""x"""`),
    true,
  );
  for (const plain of ['-5', '+8613800000000', '-12.50', 'text', '1=1', '']) t.equal(written(plain), plain);
  const kept = csvFormat(['v'], 'keep').line({ ...event(1), data: { v: '=1+1' } });
  t.match(kept, /,=1\+1\r\n$/);
});
