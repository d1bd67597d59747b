import type { Connect } from './transport.js';

/** The WebSocket of the place this runs in. Loaded on demand, so that a browser never asks for Node's. */
export async function loadTransport(): Promise<Connect> {
  const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  return isNode
    ? (await import('./node-transport.js')).connectNode
    : (await import('./browser-transport.js')).connectBrowser;
}
