import type { MsgHdrs } from '@nats-io/transport-node';

/**
 * Headers as they go over the wire, for the client to publish; `lines` are `Name: value` with CRLF behind each. The
 * client asks headers of a message that goes out for `encode()` and nothing else, and building its own object from a
 * handful of values costs more than all else that it does for a message.
 */
export function wireHeaders(lines: string): MsgHdrs {
  const bytes = Buffer.from(`NATS/1.0\r\n${lines}\r\n`);
  return { encode: () => bytes } as Partial<WireHeaders> as MsgHdrs;
}

/** What the client's own class has beside the methods of its interface. */
interface WireHeaders extends MsgHdrs {
  encode(): Uint8Array;
}
