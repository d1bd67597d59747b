import { Catalog } from '../../catalog/catalog.js';
import { DeliveryStops } from '../../grants/delivery-stops.js';
import { Grants } from '../../grants/grants.js';
import type { BusClock } from '../../ledger/bus-clock.js';
import type { FoldedRoom } from '../../ledger/checkpoint/folded-room.js';
import type { KeptTexts } from '../../ledger/checkpoint/kept-text.js';
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
export function foldedRooms(secret: string, busClock: BusClock, texts?: KeptTexts) {
  const officers = new Officers();
  const stops = new DeliveryStops();
  // The order of the members is that of the folds.
  const rooms = {
    facts: new BusFacts(),
    parties: new Parties(),
    systems: new Systems(),
    officers,
    credentials: new Credentials(secret),
    catalog: new Catalog(texts),
    stops,
    grants: new Grants(stops),
    calendars: new CalendarBook(),
    testClock: new TestClock(),
    bodies: new BodiesInOffice(officers),
    profiles: new StoredProfiles(),
    contractTerms: new ContractTerms(),
    recomputes: new OpenRecomputes(),
  };
  const ordered: FoldedRoom[] = [busClock, ...Object.values(rooms)];
  return { ...rooms, ordered };
}
