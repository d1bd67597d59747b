// Follows births as the health commission may see them. Run `npx sluice demo` in another terminal first.
import { GapError, RevokedError, SupersededError } from '../../dist/client/errors.js';
import { Subscriber } from '../../dist/client/subscribe/subscriber.js';

const subscriber = new Subscriber({
  url: process.env.SLUICE_URL ?? 'http://127.0.0.1:8080',
  token: process.env.SLUICE_TOKEN ?? 'demo-maternal-health-token-0123456789',
  grant: 'g-health-births',
  cursor: 'example', // the bus remembers by this name what was acknowledged
  acknowledge: 'explicit',
});
process.once('SIGINT', () => subscriber.close());

try {
  for await (const { event, ack, reject } of subscriber) {
    if (event.op === 'delete' || event.data?.birthDate !== undefined) {
      console.log(event.op, event.subject, event.data ?? '');
      ack(); // after your own commit, never before: what is acknowledged does not come again
    } else reject('a birth without a date'); // onto the dead-letter list, and on with the rest
  }
} catch (error) {
  // Lost connections, restarts of the bus and the like never get here: the subscriber mends them by itself.
  if (error instanceof RevokedError) console.error(`the right to read is gone: ${error.message}`);
  else if (error instanceof GapError)
    console.error(`events are missing; the earliest left is behind ${error.earliest}`);
  else if (error instanceof SupersededError) console.error('another program follows with the same cursor');
  else throw error;
  process.exitCode = 1;
}
