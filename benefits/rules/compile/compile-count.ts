import type { Day } from '../calendar-date.js';
import type { CompiledValue } from '../rule.js';
import { earlierDay } from '../scope.js';
import type { CompileContext } from './compile-context.js';

/** Compiles the number of records of a source, or of those that meet a condition. */
export function compileCount(document: Record<string, unknown>, context: CompileContext): CompiledValue | undefined {
  const source = context.source(document.count);
  if (!source) return undefined;
  const where =
    document.where === undefined ? undefined : context.forEachOf(source.name).condition(document.where, 'where');
  if (document.where !== undefined && !where) return undefined;
  return {
    type: { scalar: 'quantity', list: false },
    text: `count of ${source.name}${where ? ' where …' : ''}`,
    evaluate: (scope) => {
      let count = 0;
      let stableUntil: Day | undefined;
      for (const fact of scope.records.get(source.name) ?? []) {
        scope.recordUse(source.name, fact);
        const records = new Map(scope.records).set(source.name, [fact]);
        const tested = where?.test({ ...scope, records }, []) ?? { met: true, stableUntil: undefined };
        if (tested.met) count++;
        stableUntil = earlierDay(stableUntil, tested.stableUntil);
      }
      return { value: count, stableUntil, daysOfCrossing: undefined };
    },
  };
}
