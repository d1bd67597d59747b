import { Documents } from './documents.js';
import type { StoredOfficer } from './officer.js';
import type { PartyDocument } from './party.js';
import type { StoredSystem } from './system.js';

/** The party tree. */
export class Parties extends Documents<PartyDocument> {
  constructor() {
    super('party');
  }
}

export class Systems extends Documents<StoredSystem> {
  constructor() {
    super('system');
  }
}

export class Officers extends Documents<StoredOfficer> {
  constructor() {
    super('officer');
  }
}
