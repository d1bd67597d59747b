import { jetstream } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { serveAsWorker } from '../worker.js';

/** Load process: one ordered consumer that reads a stream once, by callback, as fast as it arrives. */
export interface ReadOnce {
  url: string;
  stream: string;
  messages: number;
}

const BUFFERED_MESSAGES = 1000;

serveAsWorker({
  readOnce: async ({ url, stream, messages }: ReadOnce): Promise<{ seconds: number }> => {
    const nc = await connect({ servers: url });
    const consumer = await jetstream(nc).consumers.get(stream);
    const startedAt = performance.now();
    let read = 0;
    await new Promise<void>((resolve, reject) => {
      const callback = () => {
        if (++read === messages) resolve();
      };
      consumer.consume({ callback, max_messages: BUFFERED_MESSAGES }).catch(reject);
    });
    const seconds = (performance.now() - startedAt) / 1000;
    await nc.close();
    return { seconds };
  },
});
