import type { Command } from 'commander';
import type { EntryDraft } from '../../../proto/entry/entry.js';
import { CommandEnded, EXIT } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';
import { readEntries } from './entry-files.js';

interface LintOptions {
  lawful?: boolean;
  json?: boolean;
}

interface Finding {
  entry: string;
  problems: string[];
  warnings: string[];
}

export function addCatalogLint(catalog: Command, terminal: Terminal): void {
  catalog
    .command('lint <file>')
    .summary('check entries without a bus')
    .description(
      'Check the entries of a file (YAML or JSON; an entry, a list, or a bundle) without a bus. Ends with 1 on problems.',
    )
    .option('--lawful', 'also demand all that the Regulation asks for, as a bus outside trial mode does')
    .option('--json', 'machine-readable output')
    .addHelpText('after', '\nExample:\n  $ sluice catalog lint --lawful birth.yaml')
    .action((file: string, options: LintOptions) => lint(file, options, terminal));
}

async function lint(file: string, options: LintOptions, terminal: Terminal): Promise<void> {
  const findings: Finding[] = [];
  for (const [index, entry] of (await readEntries(file)).entries()) {
    const name = typeof entry.id === 'string' ? entry.id : `entry ${index + 1}`;
    findings.push({ entry: name, ...(await findingsOf(entry, options.lawful === true)) });
  }
  if (options.json) await terminal.out(JSON.stringify(findings));
  else for (const line of findings.flatMap(linesOf)) await terminal.out(line);
  if (findings.some(hasProblems)) throw new CommandEnded(EXIT.REFUSED);
}

/** A lawful bus takes a draft that lacks something and refuses to approve it, so for it that is a problem as well. */
async function findingsOf(entry: Record<string, unknown>, isLawful: boolean): Promise<Omit<Finding, 'entry'>> {
  const { reasonsForRefusal, validateEntryDocument } = await import(
    '../../../broker/catalog/document/entry-problems.js'
  );
  const validation = await validateEntryDocument(entry, { isTrial: !isLawful });
  const problems = reasonsForRefusal(validation);
  const { warnings } = validation;
  if (!isLawful || problems.length > 0) return { problems, warnings };
  const { missingForApproval } = await import('../../../broker/catalog/document/approval.js');
  const missing = missingForApproval(entry as EntryDraft);
  return { problems: missing.map(({ path, text }) => `${path}: ${text}`), warnings };
}

const hasProblems = ({ problems }: Finding): boolean => problems.length > 0;

function linesOf(finding: Finding): string[] {
  const { entry, problems, warnings } = finding;
  return [
    `${entry}: ${hasProblems(finding) ? 'not valid' : 'valid'}`,
    ...problems.map((problem) => `  - ${problem}`),
    ...warnings.map((warning) => `  warning: ${warning}`),
  ];
}
