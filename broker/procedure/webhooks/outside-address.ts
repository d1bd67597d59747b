import ipaddr from 'ipaddr.js';
import { addressList } from '../../address-list.js';

/** Addresses of metadata services that look public. */
const METADATA = new Set(['168.63.129.16']);

/** Whether notices may go to an address; false for what is none. */
export type MayReach = (address: string) => boolean;

/** Allows public addresses, and those of the setting `webhookAllow`. */
export function outsideOr(webhookAllow: readonly string[]): MayReach {
  const isAllowed = addressList(webhookAllow);
  return (address) => {
    if (!ipaddr.isValid(address)) return false;
    // An IPv4 address in IPv6 form counts as what it is.
    const plain = ipaddr.process(address);
    return isAllowed(plain.toString()) || isAllowed(address) || isPublic(plain);
  };
}

/** All of IPv6 that is routed to everybody. What lies outside is reserved, or wraps an address of IPv4, such as `::a00:1`. */
const GLOBAL_UNICAST = ipaddr.IPv6.parseCIDR('2000::/3');

const isPublic = (address: ipaddr.IPv4 | ipaddr.IPv6): boolean =>
  address.range() === 'unicast' &&
  !METADATA.has(address.toString()) &&
  (address instanceof ipaddr.IPv4 || address.match(GLOBAL_UNICAST));

/**
 * Why notices can never go to a URL, as far as it says so itself; undefined when that is left to the addresses of its
 * name. The parser has already turned `0x7f.1` and `2130706433` into 127.0.0.1.
 */
export function urlProblem(text: string, mayReach: MayReach): string | undefined {
  if (!URL.canParse(text)) return 'is no URL';
  const { protocol, username, password, hostname, port } = new URL(text);
  if (protocol !== 'https:') return 'must be an https:// URL';
  if (username !== '' || password !== '') return 'must not hold a user and password';
  if (port === '0') return 'has a port that cannot be called';
  const host = bareHost(hostname);
  if (isLoopbackName(host))
    return mayReach('127.0.0.1') || mayReach('::1') ? undefined : 'is an address of this machine';
  if (ipaddr.isValid(host) && !mayReach(host)) return 'is a private address, or one that webhooks may not reach';
  return undefined;
}

/** A host as sockets take it: without the brackets of IPv6 and the dot at the end. */
const bareHost = (hostname: string): string => hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');

const isLoopbackName = (host: string): boolean => host === 'localhost' || host.endsWith('.localhost');
