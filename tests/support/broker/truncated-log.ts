import type { Bus } from '../../../broker/nats/bus.js';
import type { Stream } from '../../../broker/stream/open-stream.js';
import { SluiceError } from '../../../proto/errors.js';
import { eventually } from '../condition.js';
import type { StreamFixture } from './stream-fixture.js';
import { publishMany } from './stream-follow.js';

const WAIT_MS = 10_000;

/** The log of a partition as a power cut leaves it that took everything: the same stream under the same life, empty. */
export async function emptyLog(bus: Bus, stream = 'EV_0'): Promise<void> {
  const { config } = await bus.jsm.streams.info(stream);
  await bus.jsm.streams.delete(stream);
  await bus.jsm.streams.add(config);
}

/**
 * The log of partition 0 as it is after a power cut and some events more: it has `count` others than before. The
 * streams do not read it until their reader is started again.
 */
export async function loseTail(fixture: StreamFixture, count: number, streams: Stream[]): Promise<void> {
  for (const stream of streams) await stream.readers.at(0).stop();
  await emptyLog(fixture.bus);
  await publishMany(fixture, 1000, count);
}

/** Reads the log again and resolves when it has another life than before, with that. */
export async function readAgain(stream: Stream): Promise<string> {
  const before = stream.logOf(0);
  const reader = stream.readers.at(0);
  await reader.start();
  reader.recheck();
  let now = before;
  const look = () => {
    try {
      now = stream.logOf(0);
    } catch (error) {
      if (!(error instanceof SluiceError && error.code === 'STORE_UNAVAILABLE')) throw error;
    }
    return now !== before;
  };
  await eventually(look, 'the new epoch', WAIT_MS);
  return now;
}

/** The life that the stream of partition 0 names. */
export async function lifeInStore({ jsm }: Bus): Promise<string | undefined> {
  return (await jsm.streams.info('EV_0')).config.metadata?.['sluice-log'];
}
