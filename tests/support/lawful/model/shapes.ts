import { type Act, type Problem, problem, type Rule, type Shape } from './rules.js';

/** Fields that the bus computes, so that no body may name them. */
const COMPUTED = ['provider', 'handler'];
const ALWAYS: Readonly<Record<string, Shape>> = { reason: 'text', attachments: 'list' };
const NAMES = /^\d{4}-\d{2}-\d{2}$/;

/** Faults of shape in the order of the fields. Bodies of catalog entries have checks of their own. */
export function shapeProblems({ fields = {}, digest, act: name }: Rule, { body }: Act): Problem[] {
  if (name === 'put') return [];
  const known: Record<string, Shape> = { ...fields, ...ALWAYS, ...(digest && { digest: 'text' }) };
  return Object.entries(body).flatMap(([field, value]) => {
    if (value === undefined) return [];
    const shape = known[field];
    if (shape === undefined) return [problem(`/${field}`, 'BAD_REQUEST', COMPUTED.includes(field) ? 'R8' : undefined)];
    return hasShape(value, shape) ? [] : [problem(`/${field}`, 'BAD_REQUEST')];
  });
}

const isObject = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function hasShape(value: unknown, shape: Shape): boolean {
  switch (shape) {
    case 'text':
      return typeof value === 'string' && value.trim() !== '' && value.length <= 2000;
    case 'count':
      return Number.isInteger(value) && (value as number) >= 1;
    case 'date':
      return typeof value === 'string' && NAMES.test(value);
    case 'flag':
      return typeof value === 'boolean';
    case 'texts':
      return Array.isArray(value) && value.every((one) => hasShape(one, 'text'));
    case 'list':
      return Array.isArray(value);
    case 'object':
      return isObject(value);
    case 'title':
      return (
        hasShape(value, 'text') || (isObject(value) && Object.keys(value).some((one) => ['zh', 'en'].includes(one)))
      );
    default:
      return shape.includes(value as string);
  }
}
