import type { Command } from 'commander';
import { apiOf, type ConnectionOptions, withConnection } from '../../connection-options.js';
import { readMap } from '../../read-document.js';
import type { Terminal } from '../../terminal.js';

interface RequestOptions extends ConnectionOptions {
  file: string;
}

const EXAMPLE = `
Example:
  $ sluice request -f application.yaml
where the file has the six parts that the Regulation asks for:
  entry: fujian-civil-affairs.birth
  system: maternal-health
  items: [{ name: idNumber }, { name: birthDate }]
  basis: Law on Maternal and Infant Health Care, article 24
  scenario: vaccination of newborns
  range: the health commission alone
  mode: event_stream
  period: { from: "2027-01-01", to: "2027-12-31" }`;

export function addRequest(program: Command, terminal: Terminal): void {
  withConnection(program.command('request'))
    .summary('apply for a grant')
    .description('File an application for a grant with the department that provides the entry.')
    .requiredOption('-f, --file <file>', 'the application (YAML or JSON), - for standard input')
    .addHelpText('after', EXAMPLE)
    .action(async (options: RequestOptions) => {
      const body = await readMap(options.file);
      const application = await apiOf(options).json<{ id: string; status?: string }>('/v1/applications', {
        method: 'POST',
        body,
      });
      const text = `application ${application.id} is ${application.status ?? 'filed'}`;
      await terminal.out(options.json ? JSON.stringify(application) : text);
    });
}
