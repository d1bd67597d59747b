import { writeFile } from 'node:fs/promises';
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
        'metrics, and the last lines of a log without payload. Parts that cannot be had are named in it; read it before it is passed on.',
    )
    .addOption(new Option('--config <file>', 'configuration of the broker (YAML)').env('SLUICE_CONFIG'))
    .option('--log <file>', 'file with the log of the broker, for example of journalctl -u sluice -o cat')
    .addHelpText(
      'after',
      '\nExample:\n  $ sluice diagnose bundle.json --config /etc/sluice/sluice.yaml --log sluice.log',
    )
    .action((file: string, options: DiagnoseOptions) => diagnose(file, options, terminal));
}

async function diagnose(file: string, options: DiagnoseOptions, terminal: Terminal): Promise<void> {
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
