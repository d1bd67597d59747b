import type { NatsConnection } from '@nats-io/transport-node';

/** The part of the client behind its interface that takes bytes of the protocol. Its version is pinned. */
interface ProtocolHandler {
  sendCommand(bytes: Uint8Array): void;
}

/** Sends bytes of the NATS protocol as they are, behind what was sent before; they must not be changed afterwards. */
export function sendBytes(nc: NatsConnection, bytes: Uint8Array): void {
  (nc as NatsConnection & { protocol: ProtocolHandler }).protocol.sendCommand(bytes);
}
