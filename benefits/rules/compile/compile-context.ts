import type { CompiledCondition, CompiledValue, RuleSource } from '../rule.js';
import type { ScalarType } from '../value-type.js';

/** Compilers of values and conditions. They need each other, so the context carries them: imports would be a cycle. */
export interface Compilers {
  value(document: unknown, context: CompileContext, wanted: ScalarType | undefined): CompiledValue | undefined;
  condition(document: unknown, context: CompileContext): CompiledCondition | undefined;
}

export interface CompileSettings {
  compilers: Compilers;
  sources: ReadonlyMap<string, RuleSource>;
  problems: string[];
  /** The day of an instant in the rules' time zone. */
  dayOf: (instant: Date) => string;
}

/** Path of a node in the rules file, and the list that its problems are added to. */
export class CompileContext {
  constructor(
    readonly settings: CompileSettings,
    readonly path: string,
    /** Source whose records are evaluated one by one here, so that its items are single values. */
    readonly eachSource?: string | undefined,
  ) {}

  child(step: string | number): CompileContext {
    return new CompileContext(this.settings, `${this.path}.${step}`, this.eachSource);
  }

  forEachOf(eachSource: string): CompileContext {
    return new CompileContext(this.settings, this.path, eachSource);
  }

  value(document: unknown, step: string | number, wanted?: ScalarType): CompiledValue | undefined {
    return this.settings.compilers.value(document, this.child(step), wanted);
  }

  condition(document: unknown, step: string | number): CompiledCondition | undefined {
    return this.settings.compilers.condition(document, this.child(step));
  }

  problem(text: string): undefined {
    this.settings.problems.push(`${this.path}: ${text}`);
    return undefined;
  }

  /** The form of a map is the first of these keys that it has; undefined, and a problem, when it has none. */
  formOf(document: object, forms: readonly string[], what: string): string | undefined {
    const found = forms.filter((form) => Object.hasOwn(document, form));
    if (found.length > 0) return found[0];
    return this.problem(`is not a ${what}: it has none of ${forms.join(', ')}`);
  }

  /** Refuses unknown keys: a condition that is silently ignored is worse than one that is refused. */
  onlyKeys(document: object, known: readonly string[]): void {
    for (const key of Object.keys(document)) if (!known.includes(key)) this.problem(`has an unknown key ${key}`);
  }

  source(name: unknown): RuleSource | undefined {
    const source = typeof name === 'string' ? this.settings.sources.get(name) : undefined;
    return source ?? this.problem(`${JSON.stringify(name)} is not a source of the rule`);
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
