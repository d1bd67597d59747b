import type { Connect } from './transport.js';

/** Returns the WebSocket of Node or of the browser. Loaded on demand, so that a browser never requests the modules of Node. */
export async function loadTransport(): Promise<Connect> {
  const isNode = typeof process !== 'undefined' && process.versions?.node !== undefined;
  return isNode
    ? (await import('./node-transport.js')).connectNode
    : (await import('./browser-transport.js')).connectBrowser;
}
