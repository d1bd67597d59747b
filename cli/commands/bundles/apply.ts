import type { Command } from 'commander';
import type { BundleDifference } from '../../../proto/http/bundle-difference.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { readMap } from '../../read-document.js';
import type { Terminal } from '../../terminal.js';

interface ApplyOptions extends ConnectionOptions {
  file: string;
  dryRun?: boolean;
}

/**
 * Lines of the difference that are printed. A province's catalog has tens of thousands of entries; --json has the rest.
 */
const LINES_MAX = 100;
/** Checking such a catalog and writing it to the ledger takes minutes. */
export const APPLY_TIMEOUT_MS = 600_000;

export function addApply(program: Command, terminal: Terminal): void {
  withConnection(program.command('apply'))
    .summary('create or update what a bundle declares: parties, systems, officers, entries, grants')
    .description(
      'Create or update everything that a bundle declares. Applying it again changes nothing; what it does not declare is unchanged.',
    )
    .requiredOption('-f, --file <file>', 'the bundle (YAML or JSON), - for standard input')
    .option('--dry-run', 'only show the difference')
    .addHelpText('after', '\nExample:\n  $ sluice apply -f examples/demo/bundle.yaml --dry-run')
    .action((options: ApplyOptions) => apply(options, terminal));
}

async function apply(options: ApplyOptions, terminal: Terminal): Promise<void> {
  const difference = await apiOf(options).json<BundleDifference>('/v1/bundles', {
    method: 'POST',
    query: { dryRun: options.dryRun },
    body: await readMap(options.file),
    timeoutMs: APPLY_TIMEOUT_MS,
  });
  if (options.json) return terminal.out(JSON.stringify(difference));
  for (const line of differenceLines(difference)) await terminal.out(line);
  for (const warning of difference.warnings) terminal.err(`warning: ${warning}`);
}

function differenceLines({ dryRun, create, update, unchanged, tokens }: BundleDifference): string[] {
  const changes = [...create.map((what) => `+ ${what}`), ...update.map((what) => `~ ${what}`)];
  const more = changes.length - LINES_MAX;
  const made = Object.entries(tokens).map(([whose, token]) => `  ${whose}  ${token}`);
  return [
    ...changes.slice(0, LINES_MAX),
    ...(more > 0 ? [`… and ${more} more`] : []),
    `${create.length} ${dryRun ? 'to create' : 'created'}, ${update.length} ${dryRun ? 'to update' : 'updated'}, ` +
      `${unchanged} unchanged`,
    ...(made.length > 0 ? ['tokens, shown this once:', ...made] : []),
  ];
}
