import { CANARY_PARTY, isCanaryName } from '../../proto/canary.js';
import {
  booleanValue,
  type FieldCheck,
  nonEmptyString,
  oneOf,
  type Shape,
  shapeProblems,
  subsetOf,
  title,
  token,
} from './document-shape.js';
import { type OfficerDocument, ROLES } from './officer.js';
import { KEPT_FOR_CANARY, LEVELS, MADE_BY_BUS, PARTY_TYPES, type PartyDocument } from './party.js';
import type { Permissions } from './permissions.js';
import { SYSTEM_RIGHTS, type SystemDocument } from './system.js';

const region: FieldCheck = (value) =>
  typeof value === 'string' && /^\d{6}$/.test(value) ? undefined : 'must be a string of six digits';

const PARTY_SHAPE: Shape = {
  id: { required: true, check: token },
  name: { required: true, check: title },
  level: { required: true, check: oneOf(LEVELS) },
  regionCode: { check: region },
  superior: { check: token },
  type: { check: oneOf(PARTY_TYPES) },
  empoweringProvision: { check: nonEmptyString },
  lineMinistry: { check: token },
  creditCode: { check: nonEmptyString },
  competent: { check: booleanValue },
  description: { check: nonEmptyString },
};

const SYSTEM_SHAPE: Shape = {
  id: { required: true, check: token },
  party: { required: true, check: token },
  name: { check: title },
  may: { required: true, check: subsetOf(SYSTEM_RIGHTS) },
};

const OFFICER_SHAPE: Shape = {
  id: { required: true, check: token },
  party: { required: true, check: token },
  name: { check: title },
  roles: { required: true, check: subsetOf(ROLES) },
};

/** Finds a party by its id, also one that the same bundle is about to register. */
export type FindParty = (id: string) => PartyDocument | undefined;

/**
 * Everything wrong with a party. Its line of superiors must exist and be free of cycles. A trial does without regions;
 * then no competent department can be computed.
 */
export function partyProblems(document: unknown, find: FindParty, { isTrial }: Pick<Permissions, 'isTrial'>): string[] {
  const problems = shapeProblems(document, PARTY_SHAPE);
  if (problems.length > 0) return problems;
  const party = document as PartyDocument;
  if (isCanaryName(party.id)) return [`id: ${party.id} ${KEPT_FOR_CANARY}`];
  if (!isTrial && party.level !== 'national' && party.regionCode == null) problems.push('regionCode: is missing');
  if (party.type === 'authorised_org' && party.empoweringProvision == null) {
    problems.push('empoweringProvision: is missing, an authorised_org must name the law that empowers it');
  }
  if (party.competent && party.level === 'township') problems.push('competent: a township has no such department');
  if (party.lineMinistry === CANARY_PARTY) problems.push(`lineMinistry: ${CANARY_PARTY} ${MADE_BY_BUS}`);
  else if (party.lineMinistry != null && !find(party.lineMinistry)) {
    problems.push(`lineMinistry: there is no party ${party.lineMinistry}`);
  }
  const superior = superiorProblem(party, find);
  if (superior !== undefined) problems.push(`superior: ${superior}`);
  return problems;
}

function superiorProblem(party: PartyDocument, find: FindParty): string | undefined {
  const visited = new Set([party.id]);
  for (let above = party.superior; above != null; ) {
    if (visited.has(above)) return 'the line of superiors contains a cycle';
    if (above === CANARY_PARTY) return `${CANARY_PARTY} ${MADE_BY_BUS}`;
    visited.add(above);
    const found = find(above);
    if (!found) return `there is no party ${above}`;
    above = found.superior;
  }
  return undefined;
}

/** A registered system (`current`) keeps its party, because its grants are held by that party. */
export function systemProblems(document: unknown, find: FindParty, current?: SystemDocument): string[] {
  const problems = withParty(document, shapeProblems(document, SYSTEM_SHAPE), find);
  if (problems.length > 0 || !current || current.party === (document as SystemDocument).party) return problems;
  return [`party: system ${current.id} belongs to ${current.party} and stays there`];
}

export function officerProblems(document: unknown, find: FindParty): string[] {
  return withParty(document, shapeProblems(document, OFFICER_SHAPE), find);
}

function withParty(document: unknown, problems: string[], find: FindParty): string[] {
  if (problems.length > 0) return problems;
  const { id, party } = document as SystemDocument | OfficerDocument;
  if (party === CANARY_PARTY) return [`party: ${CANARY_PARTY} ${MADE_BY_BUS}`];
  if (isCanaryName(id)) return [`id: ${id} ${KEPT_FOR_CANARY}`];
  return find(party) ? [] : [`party: there is no party ${party}`];
}
