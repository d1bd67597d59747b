import type { PublishedFrame, ServerFrame } from '../../proto/frames/frames.js';
import { type BenchEvent, sourceEvent } from '../documents/bench-entry.js';
import { AnsweredEvents } from './answered-events.js';
import type { EventPublisher } from './event-publisher.js';
import { LightSocket } from './light-socket.js';

/** Above this nothing more is written: the broker exerts backpressure. */
const BUFFERED_BYTES_MAX = 1024 * 1024;

/** Publishes over one WebSocket session, as JSON. */
export class SocketPublisher extends AnsweredEvents implements EventPublisher {
  #socket!: LightSocket;
  #refs = 0;

  static async open({ port, token }: { port: number; token: string }): Promise<SocketPublisher> {
    const publisher = new SocketPublisher();
    publisher.#socket = await LightSocket.open({
      port,
      path: '/v1/stream',
      protocol: 'sluice.v1.json',
      token,
      onMessage: (_, payload) => publisher.#onFrame(JSON.parse(payload.toString()) as ServerFrame),
    });
    return publisher;
  }

  get isReady(): boolean {
    return this.#socket.bufferedBytes < BUFFERED_BYTES_MAX;
  }

  publish(events: BenchEvent[]): void {
    this.sent(events.length);
    this.#socket.send(JSON.stringify({ kind: 'publish', ref: String(this.#refs++), events: events.map(sourceEvent) }));
  }

  async close(): Promise<void> {
    this.#socket.destroy();
  }

  #onFrame(frame: ServerFrame): void {
    if (frame.kind === 'published') this.#onPublished(frame);
    else if (frame.kind === 'error') this.refusal ??= `${frame.code}: ${frame.message}`;
  }

  #onPublished({ results }: PublishedFrame): void {
    this.answered(
      results.length,
      results.flatMap(({ problem }) => (problem ? [`${problem.code}: ${problem.detail}`] : [])),
    );
  }
}
