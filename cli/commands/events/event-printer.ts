import { csvFormat } from '../../../connectors/file-sink/event-lines.js';
import type { GrantDocument } from '../../../proto/entry/grant.js';
import type { DeliveredEvent, DeliveredOp } from '../../../proto/event/event.js';
import { apiOf } from '../../connection-options.js';
import { paddedRow } from '../../table.js';
import type { Terminal } from '../../terminal.js';
import type { SubscribeOptions } from './subscribe-options.js';

/** Widths of the columns before the data, which a stream cannot know in advance; longer cells move the rest. */
const TABLE_HEAD = ['POSITION', 'TIME', 'OP', 'SUBJECT', 'DATA'];
const TABLE_WIDTHS = [9, 24, 13, 24, 0];

/** Prints delivered events as NDJSON, CSV or a table, and leaves out those that the options filter. */
export class EventPrinter {
  #printed = 0;

  private constructor(
    private readonly terminal: Terminal,
    private readonly line: (event: DeliveredEvent) => string,
    private readonly ops: readonly DeliveredOp[] | undefined,
    private readonly subject: string | undefined,
  ) {}

  /** Prints the head of a table or of CSV, whose columns are the granted items. */
  static async open(grant: string, options: SubscribeOptions, terminal: Terminal): Promise<EventPrinter> {
    const { head, line } = await formatOf(grant, options);
    if (head !== '') await terminal.out(head);
    return new EventPrinter(terminal, line, options.op, options.subject);
  }

  get printed(): number {
    return this.#printed;
  }

  async print(event: DeliveredEvent): Promise<void> {
    if (this.ops && !this.ops.includes(event.op)) return;
    if (this.subject !== undefined && event.subject !== this.subject) return;
    this.#printed++;
    await this.terminal.out(this.line(event));
  }
}

async function formatOf(grant: string, options: SubscribeOptions) {
  switch (options.output) {
    case 'json':
      return { head: '', line: (event: DeliveredEvent) => JSON.stringify(event) };
    case 'table':
      return { head: paddedRow(TABLE_HEAD, TABLE_WIDTHS), line: tableLine };
    case 'csv': {
      const document = await apiOf(options).json<GrantDocument>(`/v1/grants/${encodeURIComponent(grant)}`);
      const format = csvFormat(document.items.map(({ name }) => name));
      // The terminal ends each line itself.
      return { head: format.head.trimEnd(), line: (event: DeliveredEvent) => format.line(event).trimEnd() };
    }
  }
}

function tableLine({ position, time, op, subject = '', data = {} }: DeliveredEvent): string {
  const values = Object.entries(data).map(
    ([name, value]) => `${name}=${typeof value === 'string' ? value : JSON.stringify(value)}`,
  );
  return paddedRow([String(position), time, op, subject, values.join(' ')], TABLE_WIDTHS);
}
