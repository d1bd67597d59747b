import { isDecimal } from '../../../proto/values/decimal.js';
import { decimalOf, ExactNumber } from '../../../proto/values/exact-number.js';
import { isDay } from '../calendar-date.js';
import type { CompiledValue } from '../rule.js';
import { constantValue } from '../scope.js';
import type { Scalar, ScalarType, Value, ValueType } from '../value-type.js';
import type { CompileContext } from './compile-context.js';

/** Compiles a literal as the type that its position requires. */
export function compileLiteral(
  document: unknown,
  context: CompileContext,
  wanted: ScalarType | undefined,
): CompiledValue | undefined {
  const scalar = scalarOf(document, wanted);
  if (scalar === undefined) return refuse(document, context, wanted);
  const type = wanted ?? (typeof scalar === 'number' ? 'quantity' : typeof scalar === 'boolean' ? 'boolean' : 'string');
  return constant(scalar, { scalar: type, list: false });
}

/** Compiles a list of literals: the right side of `in` and `notIn`. */
export function compileLiteralList(
  documents: unknown[],
  context: CompileContext,
  wanted: ScalarType,
): CompiledValue | undefined {
  const values = documents.map((one, index) => scalarOf(one, wanted) ?? refuse(one, context.child(index), wanted));
  return values.includes(undefined) ? undefined : constant(values as Scalar[], { scalar: wanted, list: true });
}

function refuse(document: unknown, context: CompileContext, wanted: ScalarType | undefined): undefined {
  return context.problem(`${JSON.stringify(document) ?? 'nothing'} is not a ${wanted ?? 'value'}`);
}

function constant(value: Value, type: ValueType): CompiledValue {
  return { type, text: JSON.stringify(value), evaluate: () => constantValue(value) };
}

function scalarOf(document: unknown, wanted: ScalarType | undefined): Scalar | undefined {
  switch (wanted) {
    case 'string':
      return typeof document === 'string' ? document : undefined;
    case 'date':
      return typeof document === 'string' && isDay(document) ? document : undefined;
    case 'boolean':
      return typeof document === 'boolean' ? document : undefined;
    case 'quantity':
      if (document instanceof ExactNumber) return decimalOf(document);
      if (typeof document === 'string') return isDecimal(document) ? document : undefined;
      return typeof document === 'number' && Number.isFinite(document) ? document : undefined;
    case undefined:
      return ['string', 'number', 'boolean'].includes(typeof document) ? (document as Scalar) : undefined;
  }
}
