import type { Guard, Machine, Receivers, Transition } from '../engine/machine.js';

export interface PublishedTransition {
  number: string;
  from: readonly string[];
  act: string;
  to: string;
  who: readonly string[];
  guard: readonly string[];
  clocks: readonly string[];
  notices: readonly string[];
  article: string | null;
}

/** A machine of the procedure as data: its table without the code behind it. */
export interface PublishedMachine {
  kind: string;
  /** False: this version does not run it, and its addresses answer NOT_FOUND. */
  available: boolean;
  states: readonly string[];
  transitions: readonly PublishedTransition[];
}

export function publishedMachine({ kind, available, states, transitions }: Machine): PublishedMachine {
  return { kind, available, states, transitions: transitions.flatMap(published) };
}

/** One row for each state that the act may lead to. */
function published(row: Transition): PublishedTransition[] {
  const { number, from, act, who, computed = {}, guard = [], clocks = [], notices = [], article = null } = row;
  const absent = Object.keys(computed).map((name) => `no ${name}`);
  const rest = {
    who,
    guard: [...absent, ...guard.map(nameOf)],
    clocks,
    notices: [...new Set(notices.map(nameOf))],
    article,
  };
  return [row.to, ...(row.orTo ?? [])].map((to) => ({ number, from, act, to, ...rest }));
}

function nameOf(one: Guard | Receivers): string {
  if (typeof one === 'string') return one;
  return 'needs' in one ? one.needs : one.name;
}
