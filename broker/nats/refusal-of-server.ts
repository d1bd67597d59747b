import { connect } from 'node:net';

/** A server says at once that it takes no more connections. */
const WAIT_MS_MAX = 2_000;
/** Its greeting has about a kilobyte. */
const BYTES_MAX = 64 * 1024;
const PORT = 4222;

/**
 * Asks a server why it does not let anybody in, such as "maximum connections exceeded". The client does not report that for its
 * first connection: it waits out its connect time-out. Undefined when the server gives no reason.
 */
export function refusalOfServer(server: string): Promise<string | undefined> {
  const { hostname, port } = new URL(server.includes('://') ? server : `nats://${server}`);
  return new Promise((resolve) => {
    let text = '';
    const socket = connect({ host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || PORT) });
    const settle = () => {
      socket.destroy();
      resolve(/-ERR '([^'\r\n]+)'/.exec(text)?.[1]);
    };
    socket.setTimeout(WAIT_MS_MAX, settle);
    socket.on('data', (bytes) => {
      text += bytes.toString('latin1');
      if (text.includes('-ERR') || text.length > BYTES_MAX) settle();
    });
    socket.on('error', settle);
    socket.on('close', settle);
  });
}
