import { type Command, Option } from 'commander';
import { ProcedureClient } from '../../../client/procedure/procedure-client.js';
import type { Notice } from '../../../proto/http/procedure-files.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { UsageError } from '../../exit-codes.js';
import { onInterruption } from '../../interruption.js';
import { table } from '../../table.js';
import type { Terminal } from '../../terminal.js';

type Options = ConnectionOptions & { unread?: boolean; after?: string; lang: 'zh' | 'en' };
type WebhookOptions = ConnectionOptions & { to: string };

export function addNotices(program: Command, terminal: Terminal): void {
  const notices = program.command('notices').summary("read the notices to the caller's department");
  const language = (): Option => new Option('--lang <language>', 'of the texts').choices(['zh', 'en']).default('en');
  withConnection(notices.command('list', { isDefault: true }))
    .summary('list notices, oldest first')
    .option('--unread', 'only those that nobody has read')
    .option('--after <id>', 'behind that notice')
    .addOption(language())
    .addHelpText('after', '\nExample:\n  $ sluice notices --unread')
    .action((options: Options) => list(options, terminal));
  withConnection(notices.command('follow'))
    .summary('print notices as they come, until Ctrl-C')
    .option('--after <id>', 'behind that notice; without it from the first')
    .addOption(language())
    .addHelpText('after', '\nExample:\n  $ sluice notices follow --after no-000000001841-2')
    .action((options: Options) => follow(options, terminal));
  withConnection(notices.command('read').argument('<id>', 'id of the notice'))
    .summary('record that the department has read a notice')
    .addHelpText('after', '\nExample:\n  $ sluice notices read no-000000001841-2')
    .action(async (id: string, options: ConnectionOptions) => {
      const notice = await new ProcedureClient(apiOf(options)).readNotice(id);
      const text = `notice ${id} was read by ${notice.readBy} at ${notice.readAt}`;
      await terminal.out(options.json ? JSON.stringify(notice) : text);
    });
  withConnection(notices.command('webhook').argument('<party>', 'the own department'))
    .summary('set the address that the notices of the department are posted to')
    .requiredOption('--to <url>', 'https address')
    .addHelpText(
      'after',
      '\nThe key that requests are signed with stands in SLUICE_WEBHOOK_SECRET: whsec_ and base64, or 32 characters or more.\n' +
        '\nExample:\n  $ sluice notices webhook health --to https://oa.health.example/sluice',
    )
    .action((party: string, options: WebhookOptions) => webhook(party, options, terminal));
}

async function list(options: Options, terminal: Terminal): Promise<void> {
  const found: Notice[] = [];
  const { after, unread, lang: language } = options;
  for await (const notice of new ProcedureClient(apiOf(options)).notices({ after, unread, language }))
    found.push(notice);
  if (options.json) return terminal.out(JSON.stringify(found));
  const rows = found.map(({ id, at, readAt, text }) => [id, at, readAt === null ? '' : 'read', text]);
  if (rows.length === 0) terminal.err('there are no notices');
  else for (const line of table(['ID', 'TIME', 'READ', 'TEXT'], rows)) await terminal.out(line);
}

async function follow(options: Options, terminal: Terminal): Promise<void> {
  const { after, lang: language } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const stopListening = onInterruption(() => stopping.abort());
  for await (const notice of new ProcedureClient(apiOf(options)).followNotices({ after, language, signal })) {
    const { id, at, text } = notice;
    await terminal.out(options.json ? JSON.stringify(notice) : `${id}  ${at}  ${text}`);
  }
  stopListening();
}

async function webhook(party: string, options: WebhookOptions, terminal: Terminal): Promise<void> {
  const secret = process.env.SLUICE_WEBHOOK_SECRET;
  if (secret === undefined)
    throw new UsageError('SLUICE_WEBHOOK_SECRET is missing: the key that requests are signed with');
  const answer = await new ProcedureClient(apiOf(options)).setWebhook(party, { url: options.to, secret });
  await terminal.out(options.json ? JSON.stringify(answer) : `notices to ${party} are posted there from now on`);
}
