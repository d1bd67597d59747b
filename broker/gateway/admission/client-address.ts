import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { addressList } from '../../address-list.js';

/** Hops that are looked at; a longer chain was made up by somebody. */
const HOPS_MAX = 16;

type AddressedRequest = Pick<IncomingMessage, 'headers'> & { socket: { remoteAddress?: string | undefined } };

/**
 * Finds the address of the client behind proxies. The obvious way, the first address of `X-Forwarded-For`, lets every
 * client choose its own: it is what the client sent. So the chain is walked from this end, and only hops that are
 * configured as trusted are believed about the hop before them; the first address that is not trusted is the client.
 * A proxy writes one of the two headers and passes the other on as the client sent it, so where both are there and
 * disagree neither is believed, and the proxy's own address counts.
 */
export class ClientAddresses {
  readonly #isTrusted: (address: string) => boolean;
  readonly #trustsSomebody: boolean;

  constructor(trustedProxies: readonly string[]) {
    this.#trustsSomebody = trustedProxies.length > 0;
    this.#isTrusted = addressList(trustedProxies);
  }

  of({ headers, socket }: AddressedRequest): string {
    const peer = plainAddress(socket.remoteAddress ?? '') ?? 'unknown';
    if (!this.#trustsSomebody || !this.#isTrusted(peer)) return peer;
    const found = [headers.forwarded && forwardedFor(headers.forwarded), forwardedHops(headers['x-forwarded-for'])]
      .filter((hops) => hops !== undefined && hops !== '')
      .map((hops) => this.#client(hops as string[], peer));
    return found.every((address) => address === found[0]) ? (found[0] ?? peer) : peer;
  }

  #client(hops: string[], peer: string): string {
    let client = peer;
    for (const hop of hops.reverse().slice(0, HOPS_MAX)) {
      const address = plainAddress(hop);
      // `unknown` and made-up names say nothing about the client; the hop that reported them is all that is known.
      if (address === undefined) return client;
      client = address;
      if (!this.#isTrusted(address)) return client;
    }
    return client;
  }
}

function forwardedHops(header: string | string[] | undefined): string[] | undefined {
  return header === undefined ? undefined : String(header).split(',');
}

/** `Forwarded: for=192.0.2.1;proto=https, for="[2001:db8::1]:4711"` → the values of `for`. */
const forwardedFor = (header: string): string[] =>
  header.split(',').map((element) => /(?:^|;)\s*for\s*=\s*"?([^\s;"]+)/i.exec(element)?.[1] ?? '');

/** Without port, brackets and the prefix of IPv4 in IPv6; undefined when it is no address. */
function plainAddress(hop: string): string | undefined {
  const trimmed = hop.trim();
  const [, bracketed] = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed) ?? [];
  const [, withPort] = /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(trimmed) ?? [];
  const address = (bracketed ?? withPort ?? trimmed).replace(/^::ffff:(?=\d+\.)/i, '');
  return isIP(address) === 0 ? undefined : address;
}
