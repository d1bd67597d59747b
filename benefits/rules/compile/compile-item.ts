import { addDays } from '../calendar-date.js';
import type { CompiledValue } from '../rule.js';
import { constantValue } from '../scope.js';
import { SCALAR_TYPES, type Scalar } from '../value-type.js';
import type { CompileContext } from './compile-context.js';
import { readItem } from './read-item.js';

export function compileItem(document: Record<string, unknown>, context: CompileContext): CompiledValue | undefined {
  const found = context.itemOf(document.item);
  if (!found) return undefined;
  const { source, item } = found;
  if (source.many && context.eachSource !== source.name) {
    return context.problem(`source ${source.name} has many records: use count or values`);
  }
  const { type, list } = source.items.get(item)!;
  const { dayOf } = context.settings;
  return {
    type: { scalar: SCALAR_TYPES[type]!, list },
    text: `${source.name}.${item}`,
    evaluate: (scope) => {
      const fact = scope.records.get(source.name)?.[0];
      return constantValue(fact && readItem(fact, { source: source.name, item, type, dayOf }, scope));
    },
  };
}

export function compileToday(): CompiledValue {
  return {
    type: { scalar: 'date', list: false },
    text: 'today',
    evaluate: ({ today }) => ({
      value: today,
      stableUntil: addDays(today, 1),
      daysOfCrossing: (bound) => [String(bound), addDays(String(bound), 1)],
    }),
  };
}

export function compileValues(document: Record<string, unknown>, context: CompileContext): CompiledValue | undefined {
  const found = context.itemOf(document.values);
  if (!found) return undefined;
  const { source, item } = found;
  const { type, list } = source.items.get(item)!;
  if (list || !source.many) return context.problem('values takes a single item of a source with many records');
  const { dayOf } = context.settings;
  return {
    type: { scalar: SCALAR_TYPES[type]!, list: true },
    text: `values of ${source.name}.${item}`,
    evaluate: (scope) => {
      const facts = scope.records.get(source.name) ?? [];
      const values = facts.map((fact) => readItem(fact, { source: source.name, item, type, dayOf }, scope));
      return constantValue(values.filter((value) => value !== undefined) as Scalar[]);
    },
  };
}
