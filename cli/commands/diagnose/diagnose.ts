import { access, writeFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import type { Terminal } from '../../terminal.js';
import type { DiagnoseOptions } from './bundle.js';

export function addDiagnose(program: Command, terminal: Terminal): void {
  withConnection(program.command('diagnose').argument('<file>', 'the bundle, made anew'))
    .summary('write a support bundle: versions, configuration without secrets, metrics, last log lines')
    .description(
      'Write a support bundle as one JSON file that only its owner can read: versions, configuration without secrets, readiness, store, ' +
        'metrics, disk, and the last lines of the logs of the broker and its nats-server without payload. Parts that cannot be had are named in it; ' +
        'read it before it is passed on. Run it on the machine of the broker, as root or as its user.',
    )
    .addOption(new Option('--config <file>', 'configuration of the broker (YAML)').env('SLUICE_CONFIG'))
    .option(
      '--log <file>',
      'file with the log of the broker (default: SLUICE_LOG, else the journal of the unit sluice)',
    )
    .addHelpText('after', '\nExample:\n  $ sluice diagnose bundle.json --config /etc/sluice/sluice.yaml')
    .action((file: string, options: DiagnoseOptions) => diagnose(file, options, terminal));
}

async function diagnose(file: string, options: DiagnoseOptions, terminal: Terminal): Promise<void> {
  // Before anybody waits for a bus that hangs.
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw new UsageError(`${file} is there already: name another file`);
  const { supportBundle } = await import('./bundle.js');
  const { text, missing } = await supportBundle(options);
  try {
    await writeFile(file, text, { mode: 0o600, flag: 'wx' });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const why = code === 'EEXIST' ? 'is there already: name another file' : `cannot be written: ${code}`;
    throw new UsageError(`${file} ${why}`);
  }
  if (options.json) return terminal.out(JSON.stringify({ file, bytes: Buffer.byteLength(text), missing }));
  await terminal.out(`${file} is written (${Math.ceil(Buffer.byteLength(text) / 1024)} KiB)`);
  for (const one of missing) await terminal.out(`  without ${one}`);
}
