import { SUBPROTOCOLS, type Subprotocol } from '../../proto/frames/frames.js';

/** The first offered subprotocol that is known; JSON when none is offered; undefined when all offered ones are unknown. */
export function chooseSubprotocol(header: string | undefined): Subprotocol | undefined {
  if (header === undefined) return 'sluice.v1.json';
  const offered = header.split(',').map((name) => name.trim());
  return offered.find((name): name is Subprotocol => (SUBPROTOCOLS as readonly string[]).includes(name));
}
