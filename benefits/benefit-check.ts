import { setMaxListeners } from 'node:events';
import { Backoff } from '../connectors/runtime/backoff.js';
import type { ConnectorContext } from '../connectors/runtime/connector-context.js';
import { PeerGoneError } from '../connectors/runtime/connector-errors.js';
import { runSource } from '../connectors/runtime/source/run-source.js';
import type { CaseStore } from './cases/case-store.js';
import type { DayClock } from './day-clock.js';
import { DecisionSource } from './decisions/decision-source.js';
import { FactFollower } from './facts/fact-follower.js';

export interface BenefitCheckDeps {
  store: CaseStore;
  context: ConnectorContext;
  clock: DayClock;
  cursor: string;
  /** How often a grant that is not in force is tried again; the follower's own pace when undefined. */
  restoredLookMs?: number | undefined;
}

/** Runs a check until the signal comes: facts in, decisions out, and the days that change decisions by themselves. */
export async function runBenefitCheck(deps: BenefitCheckDeps, signal: AbortSignal): Promise<void> {
  const { store, context, cursor, restoredLookMs } = deps;
  // A failure of one part ends the others too.
  const own = new AbortController();
  const stop = AbortSignal.any([signal, own.signal]);
  // Every part, and what it waits for, listens to it: that many are no leak.
  setMaxListeners(0, stop);
  const parts = [
    ...store.rules.grants.map((grant) => new FactFollower({ grant, cursor }, store, context, restoredLookMs).run(stop)),
    runSource(new DecisionSource(store), context, stop),
    decideCalled(deps, stop),
    decideDaily(deps, stop),
  ];
  const outcomes = await Promise.allSettled(
    parts.map((part) =>
      part.catch((error: unknown) => {
        own.abort();
        throw error;
      }),
    ),
  );
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed) throw failed.reason;
}

/** Cases that something else than the day has called. */
async function decideCalled(deps: BenefitCheckDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await decideDue(deps, signal);
    await deps.store.toDecide.wait(signal);
  }
}

async function decideDaily(deps: BenefitCheckDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await deps.clock.nextDay(signal);
    await decideDue(deps, signal);
  }
}

async function decideDue({ store, context }: BenefitCheckDeps, signal: AbortSignal): Promise<void> {
  const backoff = new Backoff(context.reconnect);
  while (!signal.aborted) {
    try {
      await store.decideDue(signal);
      return;
    } catch (error) {
      if (!(error instanceof PeerGoneError)) throw error;
      context.metrics.waits('peer');
      await backoff.wait(signal);
    }
  }
}
