import type { Day } from '../calendar-date.js';
import type { CompiledValue } from '../rule.js';
import { earlierDay } from '../scope.js';
import type { ScalarType } from '../value-type.js';
import type { CompileContext } from './compile-context.js';
import { addDecimals, decimalOf, multiplyDecimals, subtractDecimals } from './decimal-math.js';

const ARITHMETIC = { times: multiplyDecimals, plus: addDecimals, minus: subtractDecimals } as const;

/** Compiles `times`, `plus` or `minus` of two or more quantities. */
export function compileArithmetic(
  name: keyof typeof ARITHMETIC,
  document: Record<string, unknown>,
  context: CompileContext,
): CompiledValue | undefined {
  const operands = compileAll(document[name], context.child(name), 'quantity');
  if (!operands) return undefined;
  return {
    type: { scalar: 'quantity', list: false },
    text: `(${operands.map(({ text }) => text).join(` ${name} `)})`,
    evaluate: (scope) => {
      const parts = operands.map((operand) => operand.evaluate(scope));
      const stableUntil = parts.reduce<Day | undefined>(
        (soonest, part) => earlierDay(soonest, part.stableUntil),
        undefined,
      );
      if (parts.some(({ value }) => value === undefined))
        return { value: undefined, stableUntil, daysOfCrossing: undefined };
      const decimals = parts.map(({ value }) => decimalOf(value as number | string));
      return { value: decimals.reduce(ARITHMETIC[name]), stableUntil, daysOfCrossing: undefined };
    },
  };
}

export function compileEither(document: Record<string, unknown>, context: CompileContext): CompiledValue | undefined {
  const [head] = Array.isArray(document.either) ? document.either : [];
  const wanted = context.value(head, 'either.0')?.type.scalar;
  const choices = wanted && compileAll(document.either, context.child('either'), wanted);
  if (!choices) return undefined;
  return {
    type: { scalar: wanted, list: false },
    text: choices.map(({ text }) => text).join(' or else '),
    evaluate: (scope) => {
      let stableUntil: Day | undefined;
      for (const choice of choices) {
        const found = choice.evaluate(scope);
        stableUntil = earlierDay(stableUntil, found.stableUntil);
        if (found.value !== undefined) return { value: found.value, stableUntil, daysOfCrossing: undefined };
      }
      return { value: undefined, stableUntil, daysOfCrossing: undefined };
    },
  };
}

function compileAll(documents: unknown, context: CompileContext, wanted: ScalarType): CompiledValue[] | undefined {
  if (!Array.isArray(documents) || documents.length < 2) return context.problem('must be a list of two or more values');
  const compiled = documents.map((one, index) => context.value(one, index, wanted));
  return compiled.includes(undefined) ? undefined : (compiled as CompiledValue[]);
}

export function compileFirst(document: Record<string, unknown>, context: CompileContext): CompiledValue | undefined {
  const of = context.value(document.of, 'of', 'string');
  const length = document.first;
  if (!Number.isSafeInteger(length) || (length as number) < 1)
    return context.problem('first must be a whole number above 0');
  return (
    of && {
      type: of.type,
      text: `first ${length} of ${of.text}`,
      evaluate: (scope) => {
        const { value, stableUntil } = of.evaluate(scope);
        return {
          value: typeof value === 'string' ? [...value].slice(0, length as number).join('') : undefined,
          stableUntil,
          daysOfCrossing: undefined,
        };
      },
    }
  );
}
