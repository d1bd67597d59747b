import { setMaxListeners } from 'node:events';
import { Backoff } from '../connectors/runtime/backoff.js';
import type { ConnectorContext } from '../connectors/runtime/connector-context.js';
import { PeerGoneError } from '../connectors/runtime/connector-errors.js';
import { runSource } from '../connectors/runtime/source/run-source.js';
import type { CaseStore } from './cases/case-store.js';
import type { DayClock } from './day-clock.js';
import { DecisionSource } from './decisions/decision-source.js';
import { FactFollower } from './facts/fact-follower.js';

const SET_ASIDE_ALARM = 'record_set_aside';

export interface BenefitCheckDeps {
  store: CaseStore;
  context: ConnectorContext;
  clock: DayClock;
  cursor: string;
  /** Pause between attempts to follow a grant that is not in force; the follower's default when undefined. */
  restoredPollMs?: number | undefined;
}

/** Runs a check until the signal is aborted: it follows grants, decides cases, publishes decisions, and decides due cases daily. */
export async function runBenefitCheck(deps: BenefitCheckDeps, signal: AbortSignal): Promise<void> {
  const { store, context, cursor, restoredPollMs } = deps;
  // A failed part stops the others: a check that follows only some of its grants would decide wrongly.
  const own = new AbortController();
  const stop = AbortSignal.any([signal, own.signal]);
  // Every part and each of its pauses adds a listener; Node would warn of a leak above ten.
  setMaxListeners(0, stop);
  reportSetAside(store, context);
  const parts = [
    ...store.rules.grants.map((grant) => new FactFollower({ grant, cursor }, store, context, restoredPollMs).run(stop)),
    runSource(new DecisionSource(store), context, stop),
    decideScheduled(deps, stop),
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

/** A record that cannot be stored or evaluated must not stop the check for others; the alarm lasts until it came right. */
function reportSetAside(store: CaseStore, { metrics, log }: ConnectorContext): void {
  metrics.alarm(SET_ASIDE_ALARM, store.setAsideCount > 0);
  store.onSetAside = ({ source, position, reason }) => {
    metrics.alarm(SET_ASIDE_ALARM, true);
    log.error(
      { source, position, reason },
      'set a record aside that cannot be stored or evaluated: correct it at its source',
    );
  };
  store.onNothingSetAside = () => metrics.alarm(SET_ASIDE_ALARM, false);
}

/** Decides cases that a grant, a rule or a crash has scheduled, as opposed to the calendar. */
async function decideScheduled(deps: BenefitCheckDeps, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await decideDue(deps, signal);
    await deps.store.casesDue.wait(signal);
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
