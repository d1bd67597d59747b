import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CommandEnded, EXIT, UsageError } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';

interface CheckOptions {
  other: string[];
}

export function addRules(program: Command, terminal: Terminal): void {
  program
    .command('rules')
    .summary('rules of Prometheus')
    .command('check')
    .summary('find rules that name a metric which is not there')
    .description(
      'Check a rule file that was edited by hand: Prometheus takes a rule with a misspelt metric without a word, and it never fires. ' +
        'Ends with exit code 1 when a rule names a metric that neither the bus nor its canary nor a connector has.',
    )
    .argument('<file>', 'rule file')
    .option('--other <prefix>', 'beginning of metrics of other programs; may be repeated', collect, [])
    .addHelpText('after', '\nExample:\n  $ sluice rules check /etc/prometheus/rules.yml --other node_')
    .action((file: string, options: CheckOptions) => check(file, options, terminal));
}

const collect = (prefix: string, before: string[]): string[] => [...before, prefix];

async function check(file: string, { other }: CheckOptions, terminal: Terminal): Promise<void> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new UsageError(`the rule file ${file} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  // Loaded when they are needed: every other command would wait for them.
  const [{ ruleProblems }, { metricFamilies }] = await Promise.all([
    import('../../../dashboard/prometheus/rule-check.js'),
    import('./metric-families.js'),
  ]);
  const problems = ruleProblems(text, metricFamilies(), other);
  for (const problem of problems) terminal.err(`${file}: ${problem}`);
  if (problems.length > 0) throw new CommandEnded(EXIT.REFUSED);
  await terminal.out(`${file}: every metric is there`);
}
