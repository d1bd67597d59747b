import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { checkSettings } from '../connectors/runtime/connector-config.js';
import { ConnectorConfigError } from '../connectors/runtime/connector-errors.js';
import { RuleSet } from './rule-set.js';
import { parseRules } from './rules/parse-rules.js';

export interface BenefitCheckConfig {
  rules: RuleSet;
  /** Connection string of a server; undefined: PGlite in a folder beside the connector's other state. */
  database: string | undefined;
  schema: string;
  timeZone: string;
  cursor: string;
}

interface Settings {
  rules: string | string[];
  database?: string;
  schema: string;
  timeZone: string;
  cursor: string;
}

const PATH = { type: 'string', minLength: 1 };
const SCHEMA = {
  type: 'object',
  properties: {
    rules: { anyOf: [PATH, { type: 'array', items: PATH, minItems: 1 }] },
    database: { type: 'string', pattern: '^postgres(ql)?://' },
    schema: { type: 'string', pattern: '^[a-z_][a-z0-9_]{0,62}$', default: 'benefits' },
    timeZone: { type: 'string', default: 'Asia/Shanghai' },
    cursor: { type: 'string', minLength: 1, default: 'default' },
  },
  required: ['rules'],
  additionalProperties: false,
};

/** Checks the settings and all rules files. Throws ConnectorConfigError that lists every problem. */
export function parseBenefitCheckConfig(settings: unknown, folder: string): BenefitCheckConfig {
  const { rules, database, ...config } = checkSettings<Settings>(settings, SCHEMA);
  if (!isTimeZone(config.timeZone)) throw new ConnectorConfigError([`timeZone ${config.timeZone} does not exist`]);
  return {
    ...config,
    database,
    rules: readRules(
      [rules].flat().map((path) => resolve(folder, path)),
      config.timeZone,
    ),
  };
}

/** Reads several files into one set of rules. Throws ConnectorConfigError that lists every problem of every file. */
export function readRules(paths: readonly string[], timeZone: string): RuleSet {
  const problems: string[] = [];
  const rules = paths.flatMap((path) => {
    try {
      return parseRules(readText(path), timeZone);
    } catch (error) {
      if (!(error instanceof ConnectorConfigError)) throw error;
      problems.push(...error.problems.map((problem) => `${path}: ${problem}`));
      return [];
    }
  });
  const ids = rules.map(({ id }) => id);
  for (const id of new Set(ids.filter((one, index) => ids.indexOf(one) !== index))) {
    problems.push(`rule ${id} is defined in more than one file`);
  }
  if (problems.length > 0) throw new ConnectorConfigError(problems);
  return new RuleSet(rules);
}

function readText(path: string): string {
  try {
    return readFileSync(resolve(path), 'utf8');
  } catch (error) {
    throw new ConnectorConfigError([`cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}`]);
  }
}

function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}
