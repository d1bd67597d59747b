import type { CompiledCondition, CompiledValue, RuleSource } from '../rule.js';
import type { ScalarType } from '../value-type.js';

/** How values and conditions are compiled; each is made of the other, so the context carries them. */
export interface Compilers {
  value(document: unknown, context: CompileContext, wanted: ScalarType | undefined): CompiledValue | undefined;
  condition(document: unknown, context: CompileContext): CompiledCondition | undefined;
}

export interface CompileSettings {
  compilers: Compilers;
  sources: ReadonlyMap<string, RuleSource>;
  problems: string[];
  /** Turns an instant into its day. */
  dayOf: (instant: Date) => string;
}

/** Where in the file something stands, and where its problems go. */
export class CompileContext {
  constructor(
    readonly settings: CompileSettings,
    readonly place: string,
    /** Source whose records are looked at one by one here: its items are single values. */
    readonly each?: string | undefined,
  ) {}

  at(step: string | number): CompileContext {
    return new CompileContext(this.settings, `${this.place}.${step}`, this.each);
  }

  inside(each: string): CompileContext {
    return new CompileContext(this.settings, this.place, each);
  }

  value(document: unknown, step: string | number, wanted?: ScalarType): CompiledValue | undefined {
    return this.settings.compilers.value(document, this.at(step), wanted);
  }

  condition(document: unknown, step: string | number): CompiledCondition | undefined {
    return this.settings.compilers.condition(document, this.at(step));
  }

  problem(text: string): undefined {
    this.settings.problems.push(`${this.place}: ${text}`);
    return undefined;
  }

  /** The first of these keys that a map has is its form; undefined, and a problem, when it has none. */
  formOf(document: object, forms: readonly string[], what: string): string | undefined {
    const found = forms.filter((form) => Object.hasOwn(document, form));
    if (found.length > 0) return found[0];
    return this.problem(`is no ${what}: it has none of ${forms.join(', ')}`);
  }

  /** Unknown keys are mistakes: a condition that is not read is worse than one that is refused. */
  onlyKeys(document: object, known: readonly string[]): void {
    for (const key of Object.keys(document)) if (!known.includes(key)) this.problem(`has an unknown key ${key}`);
  }

  source(name: unknown): RuleSource | undefined {
    const source = typeof name === 'string' ? this.settings.sources.get(name) : undefined;
    return source ?? this.problem(`${JSON.stringify(name)} is no source of the rule`);
  }

  /** `source.item` */
  itemOf(path: unknown): { source: RuleSource; item: string } | undefined {
    const [name, item, ...rest] = typeof path === 'string' ? path.split('.') : [];
    if (name === undefined || item === undefined || rest.length > 0) {
      return this.problem(`${JSON.stringify(path)} must be source.item`);
    }
    const source = this.source(name);
    if (source && !source.items.has(item)) return this.problem(`source ${name} does not declare an item ${item}`);
    return source && { source, item };
  }
}
