import { strictEqual } from 'node:assert/strict';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import t from 'tap';
import { clientFrame, serverFrame } from '../../tests/support/arbitrary-frame.js';
import { frameSchemas } from './frame-schemas.js';

const DELIVERED = {
  type: 'object',
  properties: { id: { type: 'string' }, position: { type: 'integer' } },
  required: ['id', 'position'],
};
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const frames = frameSchemas(DELIVERED);
const schemas = new Map(frames.map(({ kind, schema }) => [kind, ajv.compile(schema)]));

for (const [sender, arbitrary] of [
  ['client', clientFrame],
  ['broker', serverFrame],
] as const) {
  t.test(`every frame of a ${sender} is valid by the schema of its kind`, async (t) => {
    fc.assert(
      fc.property(arbitrary as fc.Arbitrary<{ kind: string }>, (frame) => {
        const validate = schemas.get(frame.kind);
        const json: unknown = JSON.parse(JSON.stringify(frame));
        strictEqual(validate?.(json), true, `${frame.kind}: ${ajv.errorsText(validate?.errors)}`);
        strictEqual(frames.find(({ kind }) => kind === frame.kind)?.sender, sender);
      }),
      { numRuns: 300 },
    );
    t.pass('all were');
  });
}

t.test('a frame without a required field, or with a wrong type, is not valid', async (t) => {
  const ack = schemas.get('ack')!;
  t.ok(ack({ kind: 'ack', channel: 1, position: 1 }));
  for (const wrong of [{ kind: 'ack', channel: 1 }, { kind: 'ack', channel: '1', position: 1 }, { kind: 'reject' }]) {
    t.notOk(ack(wrong));
  }
  t.notOk(schemas.get('subscribe')!({ kind: 'subscribe', ref: 'r', grant: 'g', from: 'middle' }));
});
