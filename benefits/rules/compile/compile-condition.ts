import { isMap } from '../../../proto/values/is-map.js';
import type { Check, CompiledCondition, CompiledValue } from '../rule.js';
import { OPERATORS, type Operator } from '../rule-document.js';
import { earlierDay } from '../scope.js';
import { type ScalarType, typeText } from '../value-type.js';
import { compare, nextChangeDay } from './compare.js';
import type { CompileContext } from './compile-context.js';
import { compileLiteralList } from './compile-literal.js';

const GROUPS = ['all', 'any', 'none'] as const;
const FORMS = [...GROUPS, 'exists', 'missing', 'value'];

/** Types that an operator accepts; `is`, `in` and their opposites accept any. */
const OPERAND_TYPES: Partial<Record<Operator, readonly ScalarType[]>> = {
  atLeast: ['quantity', 'date'],
  atMost: ['quantity', 'date'],
  above: ['quantity', 'date'],
  below: ['quantity', 'date'],
  startsWith: ['string'],
};

/** Returns undefined after adding its problems to the context. */
export function compileCondition(document: unknown, context: CompileContext): CompiledCondition | undefined {
  if (!isMap(document)) return context.problem('is not a condition');
  const form = context.formOf(document, FORMS, 'condition');
  if (form === undefined) return undefined;
  if (form === 'value') return compileComparisons(document, context);
  context.onlyKeys(document, [form]);
  if (form === 'exists' || form === 'missing') return compilePresence(document[form], form, context.child(form));
  return compileGroup(document[form], form as (typeof GROUPS)[number], context.child(form));
}

function compileGroup(documents: unknown, group: (typeof GROUPS)[number], context: CompileContext) {
  if (!Array.isArray(documents) || documents.length === 0) return context.problem('must be a list of conditions');
  const parts = documents.map((one, index) => context.condition(one, index));
  if (parts.includes(undefined)) return undefined;
  return {
    test: (...[scope, checks]: Parameters<CompiledCondition['test']>) => {
      // No short circuit: an explanation names every value, and `stableUntil` needs every part.
      const tested = (parts as CompiledCondition[]).map((part) => part.test(scope, checks));
      const stableUntil = tested.reduce<string | undefined>(
        (soonest, one) => earlierDay(soonest, one.stableUntil),
        undefined,
      );
      const isMet = ({ met }: { met: boolean }) => met;
      const met = group === 'all' ? tested.every(isMet) : group === 'any' ? tested.some(isMet) : !tested.some(isMet);
      return { met, stableUntil };
    },
  };
}

/** Tests whether a record exists, or an item has a value. */
function compilePresence(path: unknown, form: 'exists' | 'missing', context: CompileContext) {
  if (typeof path === 'string' && path.includes('.')) {
    const value = context.settings.compilers.value({ item: path }, context, undefined);
    return value && presence(path, form, (scope) => value.evaluate(scope).value !== undefined);
  }
  const source = context.source(path);
  if (!source) return undefined;
  return presence(source.name, form, (scope) => {
    const facts = scope.records.get(source.name) ?? [];
    for (const fact of facts) scope.recordUse(source.name, fact);
    const gone = scope.gone.get(source.name);
    if (facts.length === 0 && gone) scope.recordUse(source.name, gone);
    return facts.length > 0;
  });
}

function presence(text: string, form: string, find: (scope: Parameters<CompiledCondition['test']>[0]) => boolean) {
  return {
    test: (...[scope, checks]: Parameters<CompiledCondition['test']>) => {
      const found = find(scope);
      const met = found === (form === 'exists');
      checks.push({ value: text, found, operator: form, against: undefined, met });
      return { met, stableUntil: undefined };
    },
  };
}

/** Compiles a value with one or more operators, which must all hold. */
function compileComparisons(document: Record<string, unknown>, context: CompileContext): CompiledCondition | undefined {
  context.onlyKeys(document, ['value', ...OPERATORS]);
  const value = context.value(document.value, 'value');
  const used = OPERATORS.filter((operator) => document[operator] !== undefined);
  if (used.length === 0) return context.problem(`compares with nothing: it needs one of ${OPERATORS.join(', ')}`);
  if (!value) return undefined;
  const sides = used.map((operator) => ({
    operator,
    against: compileSide(value, operator, document[operator], context),
  }));
  if (sides.some(({ against }) => !against)) return undefined;
  return {
    test: (scope, checks) => {
      const left = value.evaluate(scope);
      let met = true;
      let stableUntil: string | undefined;
      for (const { operator, against } of sides as { operator: Operator; against: CompiledValue }[]) {
        const right = against.evaluate(scope);
        const holds = compare({ found: left.value, against: right.value, scalar: value.type.scalar }, operator);
        const check: Check = { value: value.text, found: left.value, operator, against: right.value, met: holds };
        checks.push(check);
        met &&= holds;
        stableUntil = earlierDay(stableUntil, nextChangeDay(left, right, scope.today));
      }
      return { met, stableUntil };
    },
  };
}

function compileSide(value: CompiledValue, operator: Operator, document: unknown, context: CompileContext) {
  const { scalar, list } = value.type;
  const operand = context.child(operator);
  if (list !== (operator === 'contains'))
    return operand.problem(`does not fit ${value.text}, which is ${typeText(value.type)}`);
  const fitting = OPERAND_TYPES[operator];
  if (fitting && !fitting.includes(scalar))
    return operand.problem(`does not fit ${value.text}, which is ${typeText(value.type)}`);
  if (operator !== 'in' && operator !== 'notIn') return context.value(document, operator, scalar);
  if (Array.isArray(document)) return compileLiteralList(document, operand, scalar);
  const of = isMap(document) ? context.value(document, operator) : undefined;
  if (of?.type.list && of.type.scalar === scalar) return of;
  return operand.problem(`must be a list of ${scalar}`);
}
