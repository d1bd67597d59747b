import type { SubscriberState } from '../../../client/subscribe/subscriber-options.js';

/** A line for a person about a state of the subscriber; undefined for states that are not worth one. */
export function describeSubscriberState(state: SubscriberState): string | undefined {
  switch (state.kind) {
    case 'connecting':
    case 'acked':
      return undefined;
    case 'subscribed': {
      const { grant, entry, version, items, position } = state.frame;
      const names = items.map((item) => item.name).join(', ');
      return `following ${grant}: ${entry} version ${version}, ${items.length} items (${names}), after position ${position}`;
    }
    case 'caught_up':
      return `caught up at position ${state.position}`;
    case 'disconnected':
      return `${state.error.message}; retrying in ${(state.retryInMs / 1000).toFixed(1)} s`;
  }
}

/** The same state as one line of JSON; errors as code and message. */
export function subscriberStateJson(state: SubscriberState): string {
  if (state.kind !== 'disconnected') return JSON.stringify({ state });
  const { error, ...rest } = state;
  return JSON.stringify({ state: { ...rest, error: { code: error.code, message: error.message } } });
}
