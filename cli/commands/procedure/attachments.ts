import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { ProcedureClient } from '../../../client/procedure/procedure-client.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import { cannotRead } from '../../read-document.js';
import type { Terminal } from '../../terminal.js';

type PutOptions = ConnectionOptions & { type: string };
type GetOptions = ConnectionOptions & { out: string };

export function addAttachments(program: Command, terminal: Terminal): void {
  const attachments = program.command('attachments').summary('store and read the papers that acts name');
  withConnection(attachments.command('put').argument('<file>', 'at most 10 MiB'))
    .summary('store a paper; prints the digest that acts name it by')
    .option('--type <type>', 'media type', 'application/octet-stream')
    .addHelpText('after', '\nExample:\n  $ sluice attachments put order.pdf --type application/pdf')
    .action(async (file: string, options: PutOptions) => {
      const bytes = await readFile(file).catch((error) => Promise.reject(cannotRead(file, error)));
      const stored = await new ProcedureClient(apiOf(options)).attach(bytes, options.type);
      await terminal.out(options.json ? JSON.stringify(stored) : stored.sha256);
    });
  withConnection(attachments.command('get').argument('<sha256>', 'digest of the paper'))
    .summary('write a paper to a new file; each reading is on record')
    .requiredOption('--out <file>', 'file that does not exist yet')
    .addHelpText('after', '\nExample:\n  $ sluice attachments get 3f0a… --out order.pdf')
    .action((sha256: string, options: GetOptions) => get(sha256, options, terminal));
}

async function get(sha256: string, options: GetOptions, terminal: Terminal): Promise<void> {
  const bytes = await new ProcedureClient(apiOf(options)).attachment(sha256);
  await writeFile(options.out, bytes, { flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw new UsageError(`${options.out} cannot be written: ${error.code ?? 'unknown reason'}`);
  });
  const { out, json } = options;
  await terminal.out(json ? JSON.stringify({ sha256, size: bytes.length, out }) : `${bytes.length} bytes in ${out}`);
}
