import { CANARY_PARTY } from '../../proto/canary.js';
import type { Title } from '../../proto/entry/entry.js';

/** Levels of government, highest first. A township has no competent department of its own. */
export const LEVELS = ['national', 'province', 'city', 'county', 'township'] as const;
export type Level = (typeof LEVELS)[number];

export const PARTY_TYPES = ['gov_dept', 'authorised_org', 'other_state_organ'] as const;
type PartyType = (typeof PARTY_TYPES)[number];

/** A department, or an organisation that a law empowers. */
export interface PartyDocument {
  id: string;
  name: Title | string;
  level: Level;
  /** Six digits of the administrative division; a national party needs none. */
  regionCode?: string | undefined;
  /** The next higher party of the same line of administration. */
  superior?: string | undefined;
  type?: PartyType | undefined;
  /** The law that empowers an authorised organisation. */
  empoweringProvision?: string | undefined;
  /** The ministry that guides this line of administration. */
  lineMinistry?: string | undefined;
  /** Unified social credit code. */
  creditCode?: string | undefined;
  /** The party is the competent department for data sharing of its level and region. */
  competent?: boolean | undefined;
  description?: string | undefined;
}

/** Why an id is refused that could be taken for one of the canary. */
export const KEPT_FOR_CANARY = `begins with ${CANARY_PARTY}, which is kept for the canary that the bus makes by itself`;
/** Why a document that names the party of the canary is refused: the bus makes that party, and nobody else adds to it. */
export const MADE_BY_BUS = `is the canary that the bus makes by itself; nothing else is made under ${CANARY_PARTY}`;
