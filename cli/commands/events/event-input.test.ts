import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { UsageError } from '../../exit-codes.js';
import { eventInput } from './event-input.js';

async function linesOf(t: Test, name: string, content: string | Uint8Array): Promise<string> {
  const file = join(t.testdir(), name);
  await writeFile(file, content);
  const chunks: Uint8Array[] = [];
  for await (const chunk of await eventInput(file)) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

t.test('lines of NDJSON are published unchanged', async (t) => {
  const text = '\n{"id":"a"}\n not json\n{"id":"b"}';
  t.equal(await linesOf(t, 'events.ndjson', text), text);
});

t.test('a JSON array is cut into lines, whatever the name of its file', async (t) => {
  t.equal(await linesOf(t, 'events.txt', ' [{"id":"a"},\n {"id":"b"}]'), '{"id":"a"}\n{"id":"b"}\n');
});

t.test('a .json file may hold one event on several lines, or one per line', async (t) => {
  t.equal(await linesOf(t, 'event.json', '{\n "id": "a"\n}\n'), '{  "id": "a" }\n');
  t.equal(await linesOf(t, 'events.json', '{"id":"a"}\n{"id":"b"}\n'), '{"id":"a"}\n{"id":"b"}\n');
});

t.test(
  'a number of a JSON array keeps its digits, and a key that is there twice stays for the bus to refuse',
  async (t) => {
    const events = ['{"id":9007199254740993,"n":1e400}', '{"id":1,"id":2}'];
    t.equal(await linesOf(t, 'events.json', `[${events.join()}]`), `${events.join('\n')}\n`);
  },
);

t.test('an empty file publishes no event', async (t) => {
  t.equal(await linesOf(t, 'events.ndjson', ''), '');
});

t.test('an array that is truncated or not UTF-8 is refused before anything is sent', async (t) => {
  await t.rejects(linesOf(t, 'cut.json', '[{"id":"a"}'), UsageError);
  await t.rejects(linesOf(t, 'latin1.json', Uint8Array.from([0x5b, 0x22, 0xe4, 0x22, 0x5d])), UsageError);
});
