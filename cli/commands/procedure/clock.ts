import type { Command } from 'commander';
import { ProcedureClient } from '../../../client/procedure/procedure-client.js';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import type { Terminal } from '../../terminal.js';

export function addClock(program: Command, terminal: Terminal): void {
  withConnection(program.command('clock [now]'))
    .summary('show the time of the bus, or set a test clock')
    .description(
      'Show the time of the bus. With a moment, set a test clock: everything that falls due on the way happens first.',
    )
    .addHelpText('after', '\nExamples:\n  $ sluice clock\n  $ sluice clock 2026-02-06T10:00:00+08:00')
    .action(async (now: string | undefined, options: ConnectionOptions) => {
      const client = new ProcedureClient(apiOf(options));
      const clock = now === undefined ? await client.clock() : await client.setClock(now);
      const calendars = clock.calendarVersions.length > 0 ? clock.calendarVersions.join(', ') : 'none';
      const text = `${clock.now}${clock.test ? ' (test clock)' : ''}, calendars ${calendars}`;
      await terminal.out(options.json ? JSON.stringify(clock) : text);
    });
}
