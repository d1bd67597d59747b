import { pause, waitUntil } from './wait-until.js';

/** 40,000 entries in three records each take half a minute, and several times as long beside other work. */
const CHECK_MS_MAX = 120_000;
/** A look is a scrape of all metrics, which must not be what keeps the broker busy. */
const LOOK_INTERVAL_MS = 500;
const UNCHECKED = /^sluice_ledger_unchecked_records ([1-9]\d*)$/m;

/**
 * Resolves when the broker has checked the part of the ledger that a start takes from its checkpoint. The check runs beside
 * everything else and takes a third of a core, which would be measured with what comes after the start.
 */
export function ledgerChecked(url: string): Promise<void> {
  return waitUntil('the check of the ledger', CHECK_MS_MAX, async () => {
    const metrics = await (await fetch(`${url}/metrics`)).text();
    if (!UNCHECKED.test(metrics)) return true;
    await pause(LOOK_INTERVAL_MS);
    return false;
  });
}
