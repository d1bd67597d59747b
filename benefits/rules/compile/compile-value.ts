import { isMap } from '../../../proto/values/is-map.js';
import type { CompiledValue } from '../rule.js';
import { type ScalarType, typeText } from '../value-type.js';
import { compileArithmetic, compileEither, compileFirst } from './compile-arithmetic.js';
import { compileAge, compileDate, compileMonths } from './compile-calendar.js';
import type { CompileContext } from './compile-context.js';
import { compileCount } from './compile-count.js';
import { compileItem, compileToday, compileValues } from './compile-item.js';
import { compileLiteral } from './compile-literal.js';

type Form = (document: Record<string, unknown>, context: CompileContext) => CompiledValue | undefined;

const FORMS: Record<string, { keys: readonly string[]; compile: Form }> = {
  item: { keys: [], compile: compileItem },
  today: { keys: [], compile: compileToday },
  age: { keys: ['at'], compile: compileAge },
  months: { keys: [], compile: compileMonths },
  date: { keys: ['plus', 'to'], compile: compileDate },
  count: { keys: ['where'], compile: compileCount },
  values: { keys: [], compile: compileValues },
  first: { keys: ['of'], compile: compileFirst },
  times: { keys: [], compile: (document, context) => compileArithmetic('times', document, context) },
  minus: { keys: [], compile: (document, context) => compileArithmetic('minus', document, context) },
  plus: { keys: [], compile: (document, context) => compileArithmetic('plus', document, context) },
  either: { keys: [], compile: compileEither },
};

/** Returns undefined after adding its problems to the context. */
export function compileValue(
  document: unknown,
  context: CompileContext,
  wanted?: ScalarType,
): CompiledValue | undefined {
  if (!isMap(document)) return compileLiteral(document, context, wanted);
  // `date` may have a key `plus`, which is a form of its own, so it is looked for first.
  const name = Object.hasOwn(document, 'date') ? 'date' : context.formOf(document, Object.keys(FORMS), 'value');
  const form = name === undefined ? undefined : FORMS[name];
  if (name === undefined || !form) return undefined;
  context.onlyKeys(document, [name, ...form.keys]);
  const compiled = form.compile(document, context);
  if (compiled && wanted && (compiled.type.list || compiled.type.scalar !== wanted)) {
    return context.problem(`${compiled.text} is ${typeText(compiled.type)} and must be ${wanted}`);
  }
  return compiled;
}
