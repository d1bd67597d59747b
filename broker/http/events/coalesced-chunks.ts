import type { Readable } from 'node:stream';

/** Bytes that wait for the reader before the stream is paused. */
const WAITING_BYTES_MAX = 64 * 1024;
/** Pieces that wait as they came; more are merged. */
const PIECES_MAX = 64;

/**
 * The chunks of a stream, merged as far as the reader lags behind. The queue of a stream that is read by iteration
 * holds each piece as it came: an upload sent byte by byte, whose reader has to wait, costs a hundred times its bytes.
 */
export async function* coalescedChunks(body: Readable): AsyncGenerator<Buffer> {
  let waiting: Buffer[] = [];
  let bytes = 0;
  let isOver = false;
  let failure: Error | undefined;
  let wake = (): void => {};
  const take = (chunk: Buffer): void => {
    waiting.push(chunk);
    bytes += chunk.length;
    if (waiting.length > PIECES_MAX) waiting = [Buffer.concat(waiting)];
    if (bytes > WAITING_BYTES_MAX) body.pause();
    wake();
  };
  const finish = (error?: Error): void => {
    isOver = true;
    failure ??= error;
    wake();
  };
  body.on('data', take).once('end', () => finish());
  body.once('error', finish);
  body.once('close', () => finish(body.readableEnded ? undefined : new Error('the request broke off')));
  try {
    for (;;) {
      if (bytes > 0) {
        const chunk = waiting.length === 1 ? (waiting[0] as Buffer) : Buffer.concat(waiting);
        waiting = [];
        bytes = 0;
        body.resume();
        yield chunk;
      } else if (failure) throw failure;
      else if (isOver) return;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    // Not destroyed when the reader stops early: the answer still goes out on the same connection, and the next request comes over
    // it once the rest of this one was read.
    body.off('data', take);
    body.resume();
  }
}
