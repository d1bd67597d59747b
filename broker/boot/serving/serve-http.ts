import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config.js';
import type { Gateway } from '../../gateway/gateway.js';

/** Requests that are in flight when the broker drains have this long to end by themselves. */
const DRAIN_MS = 5000;
const IDLE_CHECK_MS = 50;
/**
 * Connections that the kernel holds until they are accepted; it takes less where `net.core.somaxconn` is lower. Node asks for
 * 511, and beyond that a handshake is dropped and repeated after 1, 3 and 7 s: thousands that reconnect at once would wait.
 */
const BACKLOG_CONNECTIONS = 8192;

export interface Serving {
  port: number;
  url: string;
}

export async function listen(app: FastifyInstance, config: Pick<Config, 'host' | 'port' | 'tls'>): Promise<Serving> {
  await app.listen({ host: config.host, port: config.port, backlog: BACKLOG_CONNECTIONS });
  const address = app.server.address() as AddressInfo;
  const name = address.family === 'IPv6' ? `[${address.address}]` : address.address;
  return { port: address.port, url: `${config.tls.cert === undefined ? 'http' : 'https'}://${name}:${address.port}` };
}

/** Takes no new connection, ends the sessions and the streams over HTTP, and waits for requests in flight. */
export async function stopServing(app: FastifyInstance, gateway: Gateway, ending: AbortController): Promise<void> {
  ending.abort();
  const closed = app.close();
  await gateway.drain();
  // Connections become idle one by one as their last answers go out, and keep-alive would hold each for a minute more.
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS);
  const timer = setTimeout(() => app.server.closeAllConnections(), DRAIN_MS);
  await closed;
  clearInterval(idle);
  clearTimeout(timer);
}
