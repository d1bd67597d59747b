import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { type BenchEvent, sourceEvent } from '../documents/bench-entry.js';
import { AnsweredEvents } from './answered-events.js';
import type { EventPublisher } from './event-publisher.js';

const LINE_FEED = 10;

/** Publishes over one HTTP request as NDJSON and reads an answer per line while it sends. */
export class LinePublisher extends AnsweredEvents implements EventPublisher {
  readonly #request: ClientRequest;
  #isFull = false;

  constructor({ port, token }: { port: number; token: string }) {
    super();
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/x-ndjson' };
    this.#request = request({ host: '127.0.0.1', port, path: '/v1/events', method: 'POST', headers });
    this.#request.on('drain', () => {
      this.#isFull = false;
    });
    this.#request.on('response', (answer) => this.#onAnswer(answer));
    this.#request.on('error', (error) => {
      this.refusal ??= String(error);
    });
  }

  get isReady(): boolean {
    return !this.#isFull;
  }

  publish(events: BenchEvent[]): void {
    this.sent(events.length);
    let text = '';
    for (const event of events) text += `${JSON.stringify(sourceEvent(event))}\n`;
    this.#isFull = !this.#request.write(text);
  }

  async close(): Promise<void> {
    this.#request.destroy();
  }

  #onAnswer(answer: IncomingMessage): void {
    if (answer.statusCode !== 200) this.refusal ??= `status ${answer.statusCode}`;
    answer.on('data', (chunk: Buffer) => this.#onLines(chunk));
    answer.on('error', () => {});
  }

  /** A line that is cut in two is counted when its end arrives; only refusals are parsed. */
  #onLines(chunk: Buffer): void {
    let lines = 0;
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) lines++;
    const refused = chunk.indexOf('"problem"') < 0 ? 0 : chunk.toString().split('"problem"').length - 1;
    const why = refused === 0 ? '' : chunk.toString().slice(0, 300);
    if (lines > 0) this.answered(lines, new Array<string>(Math.min(refused, lines)).fill(why));
  }
}
