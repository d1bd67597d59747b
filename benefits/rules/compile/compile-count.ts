import type { Day } from '../calendar-date.js';
import type { CompiledValue } from '../rule.js';
import { earlier } from '../scope.js';
import type { CompileContext } from './compile-context.js';

/** How many records of a source there are, or meet a condition on each of them. */
export function compileCount(document: Record<string, unknown>, context: CompileContext): CompiledValue | undefined {
  const source = context.source(document.count);
  if (!source) return undefined;
  const where =
    document.where === undefined ? undefined : context.inside(source.name).condition(document.where, 'where');
  if (document.where !== undefined && !where) return undefined;
  return {
    type: { scalar: 'quantity', list: false },
    text: `count of ${source.name}${where ? ' where …' : ''}`,
    evaluate: (scope) => {
      let count = 0;
      let until: Day | undefined;
      for (const fact of scope.records.get(source.name) ?? []) {
        scope.noteUse(source.name, fact);
        const records = new Map(scope.records).set(source.name, [fact]);
        const tested = where?.test({ ...scope, records }, []) ?? { met: true, until: undefined };
        if (tested.met) count++;
        until = earlier(until, tested.until);
      }
      return { value: count, until, crosses: undefined };
    },
  };
}
