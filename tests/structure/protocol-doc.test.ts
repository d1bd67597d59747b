import protobuf from 'protobufjs';
import t from 'tap';
import { maskWith } from '../../broker/stream/views/transform.js';
import { ITEM_TYPES } from '../../proto/entry/entry.js';
import { ROW_KEYWORDS } from '../../proto/entry/rows.js';
import { ERROR_KINDS } from '../../proto/errors.js';
import { DELIVERED_OPS, SOURCE_OPS } from '../../proto/event/event.js';
import { codecFor } from '../../proto/frames/frame-codec.js';
import { CLOSE_CODES, type Frame, SUBPROTOCOLS } from '../../proto/frames/frames.js';
import { FRAMES_PROTO } from '../../proto/frames/frames-proto.js';
import { readText } from './source-tree.js';

const text = readText('docs/protocol.md');
const blocks = (language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\`$`, 'gm'))].map(([, block]) => block as string);
const { root } = protobuf.parse(FRAMES_PROTO, { keepCase: true });
const frameType = root.lookupType('sluice.v1.Frame');

/** Cases of the frame in protobuf with the names of their fields. */
const frames = frameType.fieldsArray.map((field) => ({
  kind: field.name,
  fields: root.lookupType(`sluice.v1.${field.type}`).fieldsArray.map((one) => one.name),
}));

t.test('docs/protocol.md shows the protobuf definition of the code', async (t) => {
  t.strictSame(blocks('proto'), [FRAMES_PROTO]);
  t.equal(readText('proto/frames/frames.proto'), FRAMES_PROTO, 'the file for generators is the same');
});

t.test('docs/protocol.md has a row for every frame that names all its fields', async (t) => {
  for (const { kind, fields } of frames) {
    const row = text.split('\n').find((line) => line.startsWith(`| \`${kind}\` |`) && !line.includes('not allowed'));
    t.ok(row, kind);
    const missing = fields.filter((field) => !new RegExp(`[\`{ ]${field}\\??[\`,} ]`).test(row ?? ''));
    t.strictSame(missing, [], `${kind}: fields that its row does not name`);
  }
});

t.test('every example of a frame in docs/protocol.md can be decoded', async (t) => {
  const clientKinds = new Set(['subscribe', 'ack', 'reject', 'unsubscribe', 'publish']);
  const examples = blocks('json')
    .flatMap((block) => block.split('\n'))
    .filter((line) => line.startsWith('{"kind"'));
  t.ok(examples.length > 10);
  for (const example of examples) {
    const frame = JSON.parse(example) as Frame;
    if (clientKinds.has(frame.kind)) {
      t.strictSame(codecFor('sluice.v1.json').decodeClient(Buffer.from(example), false), frame, frame.kind);
      continue;
    }
    const known = frames.find(({ kind }) => kind === frame.kind);
    t.strictSame(
      Object.keys(frame).filter((name) => name !== 'kind' && !known?.fields.includes(name)),
      [],
      frame.kind,
    );
    t.ok(!('code' in frame) || frame.code in ERROR_KINDS, `code of ${frame.kind}`);
  }
});

t.test('docs/protocol.md explains every event field, op, item type, keyword, subprotocol and close code', async (t) => {
  const fields = ['SourceEvent', 'Event'].flatMap((name) => root.lookupType(`sluice.v1.${name}`).fieldsArray);
  const words = [...fields.map((field) => field.name), ...SOURCE_OPS, ...DELIVERED_OPS, ...ITEM_TYPES];
  const missing = [...words, ...ROW_KEYWORDS, ...SUBPROTOCOLS].filter((word) => !text.includes(`\`${word}\``));
  t.strictSame(missing, []);
  for (const code of Object.values(CLOSE_CODES)) t.match(text, new RegExp(`^\\| ${code} \\|`, 'm'));
});

t.test('every error code that docs/protocol.md names exists', async (t) => {
  const named = new Set([...text.matchAll(/`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)`/g)].map(([, code]) => code as string));
  t.strictSame(
    [...named].filter((code) => !(code in ERROR_KINDS)),
    [],
  );
});

t.test('examples of masked values in docs/protocol.md are those of the broker', async (t) => {
  t.equal(maskWith(undefined)('陈小明'), '陈**');
  t.equal(maskWith(undefined)('王'), '*');
  t.equal(maskWith(undefined)(''), '');
});
