import type { Mutation } from '../../support/broker/broker-copy.js';
import type { Stage } from './stage.js';

/** An alert with the labels that it must have, beside those of its rule. */
export interface ExpectedAlert {
  alert: string;
  labels: Record<string, string>;
}

/** Makes a fault; resolves with what ends it. */
export type MakeFault = (stage: Stage) => Promise<() => Promise<void>>;

export interface Fault {
  what: string;
  fires: readonly ExpectedAlert[];
  /** Settings of the broker, as YAML. */
  config?: string;
  /** NATS outside the broker, over a proxy that can be cut and stalled. */
  natsOutside?: true;
  /** Three servers outside the broker. */
  natsCluster?: true;
  /** A registered bus that nobody has founded yet. */
  lawful?: true;
  /** The journal of rights in a folder of its own. */
  journalApart?: true;
  /** A data folder on a disk of so many megabytes. */
  diskMegabytes?: number;
  /** The broker begins as a copy with this change. */
  mutation?: Mutation;
  /** The clock of the broker is so many days behind at first: what it publishes in its catalog is so old. */
  startedDaysAgo?: number;
  canary?: true;
  make: MakeFault;
}

/** All windows of the error budget of one objective. */
export const allBurns = (objective: string): ExpectedAlert[] =>
  ['1h', '6h', '1d', '3d'].map((window) => ({ alert: 'SluiceErrorBudgetBurn', labels: { objective, window } }));
