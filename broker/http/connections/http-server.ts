import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http';
import { createServer as createTlsServer, type Server as TlsServer } from 'node:https';
import type { TlsConfig } from '../../config.js';
import { BrokerRequest } from './broker-request.js';
import { ConnectionGuard, type ConnectionGuardOptions } from './connection-guard.js';
import { beginHandshakesInTurns } from './handshake-turns.js';
import { HEADER_LINES_MAX, listenForExpectations, refuseFlawedHeads } from './refused-requests.js';
import { certificateEnds, readTls } from './tls.js';

/** From the first byte of a request to the end of its headers; honest ones come in one packet. */
const HEAD_MS_MAX = 10_000;
const CHECK_INTERVAL_MS = 2_000;
const TLS_HANDSHAKE_MS_MAX = 10_000;
/** Between two requests of one connection. Above the 60 s of common proxies, so that they close first. */
const KEEP_ALIVE_MS = 72_000;
/** Silence after which the kernel probes the peer: ten seconds later the connection is closed. */
const PROBE_MS = 30_000;

export interface HttpServerOptions extends ConnectionGuardOptions {
  tls: TlsConfig;
  /** Called with the ends of the certificates, at the start and when they are read again. */
  onCertificates?: (ends: ReadonlyMap<string, number>) => void;
}

/** The server under fastify, with its bounds. `reloadTls` reads the certificate files again; it throws ConfigError. */
export interface BrokerServer {
  server: Server;
  reloadTls(): void;
}

export function createBrokerServer(serve: RequestListener, options: HttpServerOptions): BrokerServer {
  const guard = new ConnectionGuard(options);
  const serveInTurn = guard.oneAtATime(refuseFlawedHeads(serve));
  const settings: ServerOptions = {
    IncomingMessage: BrokerRequest as unknown as NonNullable<ServerOptions['IncomingMessage']>,
    headersTimeout: HEAD_MS_MAX,
    // Judged with the rest of the head; Node's own answer is no problem document.
    requireHostHeader: false,
    // Bodies have bounds of their own: an NDJSON upload may be endless.
    requestTimeout: 0,
    connectionsCheckingInterval: CHECK_INTERVAL_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    // An upload may be silent for days; the kernel asks whether its host is still there.
    keepAlive: true,
    keepAliveInitialDelay: PROBE_MS,
  };
  const tls = readTls(options.tls);
  const server = tls
    ? createTlsServer(
        { ...settings, ...tls, requestCert: tls.ca !== undefined, handshakeTimeout: TLS_HANDSHAKE_MS_MAX },
        serveInTurn,
      )
    : createServer(settings, serveInTurn);
  // With one more the request is refused; Node leaves out what is beyond.
  server.maxHeadersCount = HEADER_LINES_MAX + 1;
  // A last bound, above that of the guard with the handshakes of TLS that are not complete.
  server.maxConnections = Math.ceil(options.maxConnections * 1.2);
  if (tls) {
    options.onCertificates?.(certificateEnds(tls));
    beginHandshakesInTurns(server, TLS_HANDSHAKE_MS_MAX);
  }
  guard.watch(server);
  listenForExpectations(server, serveInTurn);
  return {
    server,
    reloadTls: () => {
      const fresh = readTls(options.tls);
      if (!fresh) return;
      (server as TlsServer).setSecureContext(fresh);
      options.onCertificates?.(certificateEnds(fresh));
    },
  };
}
