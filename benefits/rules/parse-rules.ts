import { Ajv, type ValidateFunction } from 'ajv';
import { ConnectorConfigError } from '../../connectors/runtime/connector-errors.js';
import { ITEM_TYPES, type ItemType, isItemName } from '../../proto/entry/entry.js';
import { schemaProblem } from '../../proto/schema-problem.js';
import { valuelessKeys } from '../../proto/valueless-keys.js';
import { parseExactYaml, yamlFault } from '../../proto/values/exact-yaml.js';
import { dayIn } from './calendar-date.js';
import { compileCondition } from './compile/compile-condition.js';
import { CompileContext } from './compile/compile-context.js';
import { compileValue } from './compile/compile-value.js';
import type { CompiledValue, Rule, RuleSource } from './rule.js';
import type { RuleDocument } from './rule-document.js';
import { RULES_SCHEMA } from './rules-schema.js';
import { SCALAR_TYPES } from './value-type.js';

/** Items that every decision has; `outcome.items` may not use their names. */
const DECISION_ITEMS = [
  'decision',
  'rule',
  'ruleVersion',
  'subject',
  'outcome',
  'measure',
  'amount',
  'per',
  'validFrom',
  'validUntil',
  'decidedOn',
  'reasonZh',
  'reasonEn',
  'basis',
] as const;

let compiled: ValidateFunction | undefined;

/** Compiled when the first rules are read: the command line loads this file for every command. */
function shapeOfRules(): ValidateFunction {
  compiled ??= new Ajv({ allErrors: true, strict: false, verbose: true, meta: false, validateSchema: false }).compile(
    RULES_SCHEMA,
  );
  return compiled;
}

/** Reads a rules file. Throws ConnectorConfigError that lists every problem. */
export function parseRules(yamlText: string, timeZone: string): Rule[] {
  const problems: string[] = [];
  const documents = documentsOf(yamlText, problems);
  const rules = documents.map((document) => compileRule(document, timeZone, problems));
  problems.push(...duplicates(documents.map(({ id }) => id)).map((id) => `rule ${id} is there twice`));
  if (problems.length > 0) throw new ConnectorConfigError(problems);
  return rules as Rule[];
}

/** Compiles one rule whose shape was checked before, such as one from the store. */
export function parseRule(document: RuleDocument, timeZone: string): Rule {
  const problems: string[] = [];
  const rule = compileRule(document, timeZone, problems);
  if (!rule || problems.length > 0) throw new ConnectorConfigError(problems);
  return rule;
}

function documentsOf(yamlText: string, problems: string[]): RuleDocument[] {
  let file: unknown;
  try {
    file = parseExactYaml(yamlText);
  } catch (error) {
    throw new ConnectorConfigError([`the rules are not YAML: ${yamlFault(error)}`]);
  }
  problems.push(...valuelessKeys(file));
  if (problems.length > 0) throw new ConnectorConfigError(problems);
  const validateShape = shapeOfRules();
  if (validateShape(file)) return (file as { rules: RuleDocument[] }).rules;
  for (const error of validateShape.errors ?? []) {
    const { instancePath, keyword, params } = error;
    const message = keyword === 'enum' ? schemaProblem(error) : error.message;
    const { additionalProperty } = params as { additionalProperty?: string };
    const what = additionalProperty === undefined ? message : `has an unknown key ${additionalProperty}`;
    problems.push(`${instancePath.slice(1).replaceAll('/', '.') || 'the file'} ${what}`);
  }
  throw new ConnectorConfigError(problems);
}

function compileRule(document: RuleDocument, timeZone: string, problems: string[]): Rule | undefined {
  const before = problems.length;
  const { id, version, title, entry, conditions, outcome } = document;
  const sources = new Map(Object.entries(document.sources).map(([name, source]) => [name, sourceOf(name, source)]));
  const settings = {
    sources,
    problems,
    dayOf: dayIn(timeZone),
    compilers: { value: compileValue, condition: compileCondition },
  };
  const context = new CompileContext(settings, id);
  checkSources(sources, context);
  const about = sources.get(document.about);
  if (!about) context.child('about').problem('is not a source of the rule');
  else if (about.many || about.optional)
    context.child('about').problem('must be a source with one record that is not optional');
  for (const twice of duplicates(conditions.map((one) => one.id))) context.problem(`condition ${twice} is there twice`);
  const compiledConditions = conditions.map((one) => ({
    id: one.id,
    words: one.words,
    condition: context.condition(one.test, `conditions.${one.id}`),
  }));
  const compiledOutcome = compileOutcome(outcome, context.child('outcome'));
  if (problems.length > before || !about) return undefined;
  return {
    id,
    version,
    title,
    entry,
    about,
    sources,
    conditions: compiledConditions as Rule['conditions'],
    outcome: compiledOutcome,
    document,
  };
}

function sourceOf(
  name: string,
  { grant, key, many = false, optional = false, items }: RuleDocument['sources'][string],
): RuleSource {
  const typed = Object.entries(items).map(([item, type]): [string, { type: ItemType; list: boolean }] => [
    item,
    typeof type === 'string' ? { type, list: false } : { type: type.list, list: true },
  ]);
  return { name, grant, key, many, optional: optional || many, items: new Map(typed) };
}

function checkSources(sources: ReadonlyMap<string, RuleSource>, context: CompileContext): void {
  for (const { name, key, items } of sources.values()) {
    const source = context.child('sources').child(name);
    for (const [item, { type }] of items) {
      if (!isItemName(item)) source.problem(`${item} is not a valid item name`);
      if (!ITEM_TYPES.includes(type) || !SCALAR_TYPES[type])
        source.problem(`${item} is ${type}, which rules cannot evaluate`);
    }
    if (key === undefined) continue;
    const found = items.get(key);
    if (!found) source.problem(`key ${key} is not one of its items`);
    else if (found.list || SCALAR_TYPES[found.type] !== 'string') source.problem(`key ${key} must be a single string`);
  }
}

function compileOutcome(outcome: RuleDocument['outcome'], context: CompileContext): Rule['outcome'] {
  const values = new Map<'amount' | 'from' | 'until', CompiledValue>();
  for (const name of ['amount', 'from', 'until'] as const) {
    if (outcome[name] === undefined) continue;
    const compiled = context.value(outcome[name], name, name === 'amount' ? 'quantity' : 'date');
    if (compiled) values.set(name, compiled);
  }
  const items = new Map<string, CompiledValue>();
  for (const [name, document] of Object.entries(outcome.items ?? {})) {
    if (!isItemName(name) || (DECISION_ITEMS as readonly string[]).includes(name))
      context.child('items').problem(`${name} cannot be an own item of a decision: the name is taken or not valid`);
    const compiled = context.value(document, `items.${name}`);
    if (compiled) items.set(name, compiled);
  }
  const { measure, words, per } = outcome;
  return { measure, words, per, values, items };
}

const duplicates = (names: readonly string[]): string[] => names.filter((name, index) => names.indexOf(name) !== index);
