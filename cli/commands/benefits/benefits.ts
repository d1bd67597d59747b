import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Cases } from '../../../benefits/case-service/cases.js';
import type { ConnectorConfig } from '../../../connectors/runtime/connector-config.js';
import { ConnectorConfigError, ConnectorError } from '../../../connectors/runtime/connector-errors.js';
import { CommandEnded, EXIT, UsageError } from '../../exit-codes.js';
import { cannotRead } from '../../read-document.js';
import type { Terminal } from '../../terminal.js';
import { explanationLines } from './benefits-explanation.js';
import { replayLines } from './benefits-replay.js';

interface CheckOptions {
  config: string;
  json?: boolean;
}

const CONFIG_HELP = 'configuration of the check, as for "sluice connect" (YAML)';

export function addBenefits(program: Command, terminal: Terminal): void {
  const benefits = program
    .command('benefits')
    .summary('explain decisions of a benefit check, try new rules, check a rules file');
  benefits
    .command('explain')
    .argument('<subject>', 'key of the subject: a person number, a credit code')
    .requiredOption('-c, --config <file>', CONFIG_HELP)
    .option('--rule <id>', 'only the decision of this rule')
    .option('--json', 'machine-readable output')
    .summary('show the decisions about a subject, their reasons, and the events behind them')
    .addHelpText('after', '\nExample:\n  $ sluice benefits explain 350102202611200013 -c benefits.yaml')
    .action((subject: string, options: CheckOptions & { rule?: string }) => explain(subject, options, terminal));
  benefits
    .command('replay')
    .requiredOption('-c, --config <file>', CONFIG_HELP)
    .requiredOption('--rules <file>', 'the rules to try (YAML)')
    .option('--json', 'machine-readable output')
    .summary('run new rules over all stored facts and list the subjects whose outcome would change; nothing is stored')
    .addHelpText('after', '\nExample:\n  $ sluice benefits replay -c benefits.yaml --rules rules-2027.yaml')
    .action((options: CheckOptions & { rules: string }) => replay(options, terminal));
  benefits
    .command('lint')
    .argument('<rules>', 'rules file (YAML)')
    .option('--json', 'machine-readable output')
    .summary('check a rules file; needs no bus and no database')
    .addHelpText('after', '\nExample:\n  $ sluice benefits lint examples/benefits/newborn/rules.yaml')
    .action((path: string, options: { json?: boolean }) => lint(path, options, terminal));
}

async function explain(subject: string, options: CheckOptions & { rule?: string }, terminal: Terminal): Promise<void> {
  const found = await ask(options, terminal, (cases) => cases.explain(subject, options.rule));
  if (options.json) await terminal.out(JSON.stringify(found));
  else for (const line of found.flatMap(explanationLines)) await terminal.out(line);
  if (found.length > 0) return;
  if (!options.json) terminal.err('sluice: there is no decision about this subject; check its key and --rule');
  throw new CommandEnded(EXIT.REFUSED);
}

async function replay(options: CheckOptions & { rules: string }, terminal: Terminal): Promise<void> {
  const rulesText = textOf(options.rules);
  const report = await ask(options, terminal, (cases) => cases.replay(rulesText));
  if (options.json) return terminal.out(JSON.stringify(report));
  for (const line of replayLines(report)) await terminal.out(line);
}

async function lint(path: string, options: { json?: boolean }, terminal: Terminal): Promise<void> {
  // One that cannot be read is a mistake in the command line, and no verdict on the rules.
  textOf(path);
  let problems: string[] = [];
  try {
    const { readRules } = await import('../../../benefits/config.js');
    readRules([path], 'Asia/Shanghai');
  } catch (error) {
    if (!(error instanceof ConnectorConfigError)) throw error;
    problems = error.problems;
  }
  if (options.json) await terminal.out(JSON.stringify({ rules: path, problems }));
  else if (problems.length === 0) await terminal.out(`${path}: valid`);
  else
    for (const line of [`${path}: not valid`, ...problems.map((problem) => `  - ${problem}`)]) await terminal.out(line);
  if (problems.length > 0) throw new CommandEnded(EXIT.REFUSED);
}

async function ask<Answer>(options: CheckOptions, terminal: Terminal, question: (cases: Cases) => Promise<Answer>) {
  try {
    const connector = await connectorOf(options.config);
    const [{ parseBenefitCheckConfig }, { withCases }] = await Promise.all([
      import('../../../benefits/config.js'),
      import('../../../benefits/case-service/open-cases.js'),
    ]);
    return await withCases(parseBenefitCheckConfig(connector.settings, connector.folder), connector, question);
  } catch (error) {
    if (error instanceof ConnectorConfigError)
      throw new UsageError('the configuration or the rules are wrong', error.problems);
    if (!(error instanceof ConnectorError)) throw error;
    terminal.err(`sluice: ${error.code}: ${error.message}`);
    throw new CommandEnded(error.code === 'PEER_GONE' ? EXIT.UNREACHABLE : EXIT.REFUSED);
  }
}

async function connectorOf(path: string): Promise<ConnectorConfig> {
  const { parseConnectorConfig } = await import('../../../connectors/runtime/connector-config.js');
  const config = parseConnectorConfig(textOf(path), path, process.env);
  if (config.connector === 'benefit-check') return config;
  throw new UsageError(`${path} describes a connector of another kind`);
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw cannotRead(path, error);
  }
}
