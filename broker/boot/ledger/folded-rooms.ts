import { Catalog } from '../../catalog/catalog.js';
import { Grants } from '../../grants/grants.js';
import type { BusClock } from '../../ledger/bus-clock.js';
import type { FoldedRoom } from '../../ledger/checkpoint/folded-room.js';
import { BusFacts } from '../../parties/bus-facts.js';
import { Credentials } from '../../parties/credentials.js';
import { Officers, Parties, Systems } from '../../parties/parties.js';
import { OpenRecomputes } from '../../procedure/calendars/open-recomputes.js';
import { CalendarBook } from '../../procedure/clock/calendar-book.js';
import { TestClock } from '../../procedure/due/test-clock.js';
import { BodiesInOffice } from '../../procedure/people/bodies-in-office.js';
import { ContractTerms } from '../../procedure/people/contract-terms.js';
import { StoredProfiles } from '../../sheets/profiles/stored-profiles.js';

/** The state folded in memory, and the order in which each room takes a record: a grant is read by its entry and parties. */
export function foldedRooms(secret: string, busClock: BusClock) {
  const [parties, systems, officers] = [new Parties(), new Systems(), new Officers()];
  const [credentials, facts] = [new Credentials(secret), new BusFacts()];
  const [catalog, grants] = [new Catalog(), new Grants()];
  const [calendars, testClock, bodies] = [new CalendarBook(), new TestClock(), new BodiesInOffice(officers)];
  const [profiles, contractTerms] = [new StoredProfiles(), new ContractTerms()];
  const recomputes = new OpenRecomputes();
  const ordered: FoldedRoom[] = [
    busClock,
    facts,
    parties,
    systems,
    officers,
    credentials,
    catalog,
    grants,
    calendars,
    testClock,
    bodies,
    profiles,
    contractTerms,
    recomputes,
  ];
  return {
    parties,
    systems,
    officers,
    credentials,
    facts,
    catalog,
    grants,
    calendars,
    testClock,
    bodies,
    profiles,
    contractTerms,
    recomputes,
    ordered,
  };
}
