import { hkdfSync } from 'node:crypto';
import type { FoldedRoom, SavedItem } from '../ledger/checkpoint/folded-room.js';
import type { LedgerRecord } from '../ledger/record.js';

const CHECK_BYTES = 16;

/** Tells secrets apart without saying anything about them that helps to guess one. */
export const secretCheckOf = (secret: string): string =>
  Buffer.from(hkdfSync('sha256', secret, '', 'sluice/secret-check', CHECK_BYTES)).toString('hex');

/** A broker whose configuration contradicts the ledger; serving would break what the ledger promises. */
export class ConfigurationConflictError extends Error {
  override readonly name = 'ConfigurationConflictError';
}

export const busIsRegistered = (): ConfigurationConflictError =>
  new ConfigurationConflictError(
    'the ledger says that this bus is registered, and the configuration has no platformRegistration: a registered bus ' +
      'does not go back to trial mode. Give platformRegistration as it is in the other brokers',
  );

const secretDiffers = (): ConfigurationConflictError =>
  new ConfigurationConflictError(
    'the secret is not the one that this bus was founded with: no token would be valid and hashed items would change. ' +
      'Give the secret (SLUICE_SECRET, or the file `secret` of the data folder) that the bus has',
  );

interface BusDocument {
  trialMode?: boolean;
  secretCheck?: string;
}

/**
 * Folds what the ledger records of the bus as a whole: whether it is registered, and which secret its digests are made with.
 * The ledger decides and not the file of one broker: a broker that forgot its registration would let operators create
 * grants without an application, on real data.
 */
export class BusFacts implements FoldedRoom {
  #isRegistered = false;
  #isTrialStanding = false;
  #secretCheck: string | undefined;

  readonly fold = (record: LedgerRecord): void => {
    if (record.kind !== 'bus') return;
    if (isRegistration(record)) this.#isRegistered = true;
    if (record.act === 'registered') this.#isTrialStanding = true;
    if (record.act === 'trial-ended') this.#isTrialStanding = false;
    // The first record that has one counts: a later broker with another secret was refused, and left none.
    this.#secretCheck ??= (record.document as BusDocument).secretCheck;
  };

  save(): SavedItem[] {
    const { isRegistered, isTrialStanding } = this;
    return [{ state: { isRegistered, isTrialStanding, secretCheck: this.#secretCheck } }];
  }

  load({ state }: SavedItem): void {
    const saved = state as { isRegistered: boolean; isTrialStanding: boolean; secretCheck?: string };
    this.#isRegistered = saved.isRegistered;
    this.#isTrialStanding = saved.isTrialStanding;
    this.#secretCheck = saved.secretCheck;
  }

  get isRegistered(): boolean {
    return this.#isRegistered;
  }

  /** A trial bus was registered, and rights of the trial may still be there. */
  get isTrialStanding(): boolean {
    return this.#isTrialStanding;
  }

  /** Throws ConfigurationConflictError when a broker with this configuration must not serve this bus. */
  check({ trial, secretCheck }: { trial: boolean; secretCheck: string }): void {
    if (trial && this.#isRegistered) throw busIsRegistered();
    if (this.#secretCheck !== undefined && this.#secretCheck !== secretCheck) throw secretDiffers();
  }
}

/** Whether a record says that the bus is registered: it was founded so, or a trial bus became one. */
export const isRegistration = (record: LedgerRecord): boolean =>
  record.kind === 'bus' && (record.document as BusDocument).trialMode === false;
