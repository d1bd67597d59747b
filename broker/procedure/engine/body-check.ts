import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { LawfulProblem } from '../../../proto/errors.js';
import { pointerStep } from '../../../proto/json-pointer.js';
import { addSchemaFormats } from '../../../proto/schema-formats.js';
import { schemaProblem } from '../../../proto/schema-problem.js';
import { TOKEN_PATTERN } from '../../../proto/subject.js';
import type { Fields } from '../files/file.js';
import type { BodyMembers, Transition } from './machine.js';
import { problem } from './refusals.js';

/** Parties and filters that the bus computes; naming one is refused with the article that says who computes it. */
const COMPUTED = new Map([
  ...[
    'handler',
    'provider',
    'peer',
    'superior',
    'competentDepartment',
    'commonSuperior',
    'sourceDepartment',
    'demand',
  ].map((name): [string, string] => [name, 'R8']),
]);

const TEXT_MAX = 2_000;
const NOT_BLANK = '\\S';
export const TEXT = { type: 'string', maxLength: TEXT_MAX, pattern: NOT_BLANK };
export const DATE = { type: 'string', format: 'date' };
const TITLE_MAX = 200;
const TITLE_TEXT = { type: 'string', maxLength: TITLE_MAX, pattern: NOT_BLANK };
/** A text, or one per language. Keywords of texts judge texts alone, those of objects objects: an `anyOf` would report both forms as wrong. */
export const TITLE = {
  type: ['string', 'object'],
  maxLength: TITLE_MAX,
  pattern: NOT_BLANK,
  properties: { zh: TITLE_TEXT, en: TITLE_TEXT },
  additionalProperties: false,
  minProperties: 1,
};
export const ID = { type: 'string', minLength: 1, maxLength: 129 };
/** Id that the caller gives to a party, a system or an officer. */
export const GIVEN_ID = { type: 'string', pattern: TOKEN_PATTERN.source };
export const DIGEST = { type: 'string', pattern: '^[0-9a-f]{64}$' };
export const listOf = (items: object, max = 1_000): object => ({ type: 'array', items, maxItems: max });

/** Members that any act may carry. */
const COMMON: BodyMembers = { reason: TEXT, attachments: listOf(DIGEST, 20), digest: DIGEST };

const ajv = new Ajv({ allErrors: true, strict: false });
addSchemaFormats(ajv);
const compiled = new WeakMap<object, ValidateFunction>();

/** Schema of the body of a transition, as it is published too. */
export const bodySchema = ({ body = {} }: Pick<Transition, 'body'>): object => ({
  type: 'object',
  properties: { ...COMMON, ...body },
  additionalProperties: false,
});

export type Shape = Pick<Transition, 'body' | 'computed' | 'isAnyBody'>;

/** Shape of a body: members, types, words, limits. All problems at once. */
export function shapeProblems(transition: Shape, body: Fields): LawfulProblem[] {
  if (transition.isAnyBody) return [];
  let validate = compiled.get(transition);
  if (!validate) {
    validate = ajv.compile(bodySchema(transition));
    compiled.set(transition, validate);
  }
  if (validate(body)) return [];
  const problems = (validate.errors ?? []).map((error) => shapeProblem(error, transition.computed));
  return problems.filter(({ path }, index) => problems.findIndex((one) => one.path === path) === index);
}

function shapeProblem(error: ErrorObject, computed: Shape['computed']): LawfulProblem {
  // A member that this act does not take is one that other acts have.
  if (error.keyword === 'false schema') return problem(error.instancePath, 'BAD_REQUEST', 'is not a known field');
  if (error.keyword === 'pattern' && error.params.pattern === NOT_BLANK) {
    return problem(error.instancePath, 'BAD_REQUEST', 'must not be blank');
  }
  if (error.keyword !== 'additionalProperties') {
    return problem(error.instancePath, 'BAD_REQUEST', schemaProblem(error));
  }
  const name = String(error.params.additionalProperty);
  const path = error.instancePath + pointerStep(name);
  const article = computed?.[name] ?? COMPUTED.get(name);
  return article === undefined
    ? problem(path, 'BAD_REQUEST', 'is not a known field')
    : { path, code: 'BAD_REQUEST', article, text: 'is computed by the bus and cannot be given' };
}
