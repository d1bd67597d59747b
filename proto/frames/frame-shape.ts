import { Ajv, type ValidateFunction } from 'ajv';
import { SluiceError } from '../errors.js';
import { schemaProblem } from '../schema-problem.js';
import type { ClientFrame } from './frames.js';

const REF_CHARACTERS_MAX = 128;
const boundedString = (maxLength: number) => ({ type: 'string', minLength: 1, maxLength });
const position = { type: 'integer', minimum: 0, maximum: Number.MAX_SAFE_INTEGER };

const FROM = {
  anyOf: [
    { enum: ['cursor', 'earliest', 'latest'] },
    {
      type: 'object',
      properties: { after: position, log: { type: 'string', maxLength: 64 } },
      required: ['after'],
      additionalProperties: false,
    },
    { type: 'object', properties: { time: boundedString(40) }, required: ['time'], additionalProperties: false },
  ],
};

/** The fields of each client frame as documented in docs/protocol.md; unknown ones are refused. */
const FIELDS: Record<ClientFrame['kind'], { properties: object; required: string[] }> = {
  subscribe: {
    properties: {
      ref: boundedString(REF_CHARACTERS_MAX),
      grant: boundedString(128),
      cursor: { type: 'string', pattern: '^[A-Za-z0-9_-]{1,64}$' },
      from: FROM,
      credit: { type: 'integer', minimum: 1 },
      narrow: { type: 'object' },
    },
    required: ['ref', 'grant'],
  },
  ack: { properties: { channel: position, position }, required: ['channel', 'position'] },
  reject: {
    properties: { channel: position, position, reason: { type: 'string', maxLength: 1024 } },
    required: ['channel', 'position', 'reason'],
  },
  unsubscribe: { properties: { channel: position }, required: ['channel'] },
  publish: {
    properties: {
      ref: boundedString(REF_CHARACTERS_MAX),
      events: { type: 'array', minItems: 1 },
      atomic: { type: 'boolean' },
    },
    required: ['ref', 'events'],
  },
};

/** The schemas above are the program's own: their check, for which a meta-schema is compiled, is left out. */
const ajv = new Ajv({ allowUnionTypes: true, strict: true, strictRequired: false, meta: false, validateSchema: false });
const validators = new Map<string, ValidateFunction>();

/** Compiled when the first frame of its kind comes; undefined for a kind that no client sends. */
function validatorOf(kind: string): ValidateFunction | undefined {
  const fields = Object.hasOwn(FIELDS, kind) ? FIELDS[kind as keyof typeof FIELDS] : undefined;
  if (!fields) return undefined;
  let validate = validators.get(kind);
  if (!validate) {
    validate = ajv.compile({
      type: 'object',
      properties: { kind: { const: kind }, ...fields.properties },
      required: ['kind', ...fields.required],
      additionalProperties: false,
    });
    validators.set(kind, validate);
  }
  return validate;
}

/** Returns the frame when it has the shape of a client frame; throws BAD_FRAME that names the field. */
export function checkClientFrame(frame: unknown): ClientFrame {
  const kind = (frame as { kind?: unknown } | null)?.kind;
  const validate = typeof kind === 'string' ? validatorOf(kind) : undefined;
  const where = { ref: refOf(frame) };
  if (!validate) throw new SluiceError('BAD_FRAME', `kind must be one of ${Object.keys(FIELDS).join(', ')}`, where);
  if (!validate(frame)) throw new SluiceError('BAD_FRAME', `${kind}: ${describe(validate)}`, where);
  return frame as ClientFrame;
}

/** The `ref` of a malformed frame, so that the client can tell which of its frames was refused. */
function refOf(frame: unknown): string | undefined {
  const ref = (frame as { ref?: unknown } | null)?.ref;
  return typeof ref === 'string' && ref.length <= REF_CHARACTERS_MAX ? ref : undefined;
}

const FIELD_NAME = /^[A-Za-z]{1,32}$/;

function describe(validate: ValidateFunction): string {
  const error = validate.errors?.[0];
  if (!error) return 'malformed';
  const unknown = error.params.additionalProperty as string | undefined;
  // Anything but a plain name may be data of the client, and this text is logged.
  if (unknown !== undefined) return `${FIELD_NAME.test(unknown) ? unknown : 'something in it'} is not a known field`;
  const path = error.instancePath.slice(1);
  // `from` has several forms, and the validator's error names one that the client may not have meant.
  if (path.split('/')[0] === 'from') return 'from must be cursor, earliest, latest, {after, log} or {time}';
  if (error.keyword === 'required') return `${String(error.params.missingProperty)} is missing`;
  return `${path} ${schemaProblem(error)}`;
}
