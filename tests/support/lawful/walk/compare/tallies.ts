import type { World } from '../../model/world.js';
import type { FoundInList } from './difference.js';

/** `repeated`: the bus may have it once more than the model, since a kill lost the answer and the act was sent again. */
export type Side = 'model' | 'repeated' | 'bus';

/** Texts of model and bus, file by file, in any order. */
export class Tallies {
  readonly #byFile = new Map<string, Record<Side, string[]>>();

  add(side: Side, file: string, text: string): void {
    const sides = this.#byFile.get(file) ?? { model: [], repeated: [], bus: [] };
    this.#byFile.set(file, sides);
    sides[side].push(text);
  }

  /** Files of which the bus lacks a text of the model, or has one beyond; `what` names them. */
  differences(world: World, what: (file: string) => string): FoundInList[] {
    return [...this.#byFile].flatMap(([file, { model, repeated, bus }]) => {
      const missing = without(model, bus);
      const beyond = without(without(bus, model), repeated);
      if (missing.length === 0 && beyond.length === 0) return [];
      return [{ file: world.files.get(file), found: [{ what: what(file), model: missing, bus: beyond }] }];
    });
  }
}

/** Elements of a list that are left when each of another one is taken from it once. */
function without(list: readonly string[], taken: readonly string[]): string[] {
  const left = [...list];
  for (const one of taken) {
    const at = left.indexOf(one);
    if (at >= 0) left.splice(at, 1);
  }
  return left;
}
