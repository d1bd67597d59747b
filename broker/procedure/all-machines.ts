import { APPLICATIONS } from './applications/applications.js';
import { CALENDARS } from './calendars/calendars.js';
import { CASES } from './cases/cases.js';
import { CATALOG } from './catalog/entries.js';
import { CONSENTS } from './consents/consents.js';
import { DEMANDS } from './demands/demands.js';
import type { Machine } from './engine/machine.js';
import type { Kind } from './files/kinds.js';
import { BACKFLOWS } from './grants/backflows.js';
import { GRANTS } from './grants/grants.js';
import { USE_RECORDS } from './grants/use-records.js';
import { CHANGES } from './later/changes.js';
import { COMPLAINTS } from './later/complaints.js';
import { CORRECTIONS } from './later/corrections.js';
import { CRITICISMS } from './later/criticisms.js';
import { DESIGNATIONS } from './later/designations.js';
import { DISPUTES } from './later/disputes.js';
import { INCIDENTS } from './later/incidents.js';
import { ACCESSES } from './people/accesses.js';
import { BODIES } from './people/bodies.js';
import { CONTRACTS } from './people/contracts.js';
import { ENROLMENTS } from './people/enrolments.js';
import { OFFICERS } from './people/officers.js';
import { PARTIES } from './people/parties.js';
import { SYSTEMS } from './people/systems.js';
import { STOPS } from './stops/stops.js';
import { VIOLATIONS } from './violations/violations.js';

/** Every machine that this version knows, in the order in which `GET /v1/procedures` lists them. */
const ALL: readonly Machine[] = [
  PARTIES,
  BODIES,
  OFFICERS,
  SYSTEMS,
  ENROLMENTS,
  CONTRACTS,
  CALENDARS,
  VIOLATIONS,
  CATALOG,
  APPLICATIONS,
  GRANTS,
  CASES,
  USE_RECORDS,
  BACKFLOWS,
  DEMANDS,
  CONSENTS,
  CORRECTIONS,
  DISPUTES,
  CHANGES,
  DESIGNATIONS,
  INCIDENTS,
  STOPS,
  COMPLAINTS,
  CRITICISMS,
  ACCESSES,
];

/** The machines of one bus. */
export type Machines = ReadonlyMap<Kind, Machine>;

export const MACHINES: Machines = new Map(ALL.map((machine) => [machine.kind, machine]));
