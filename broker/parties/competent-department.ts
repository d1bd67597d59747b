import { LEVELS, type Level, type PartyDocument } from './party.js';

/** Leading digits of a region code that identify a division of each level. */
const REGION_DIGITS: Record<Level, number> = { national: 0, province: 2, city: 4, county: 6, township: 6 };
/** A township is served by the department of its county. */
const LEVELS_WITH_DEPARTMENT = LEVELS.slice(0, 4);

/** The competent department of the same government as the party; computed, never typed in. */
export function peerCompetentDepartment(parties: PartyDocument[], party: PartyDocument): PartyDocument | undefined {
  const level = party.level === 'township' ? 'county' : party.level;
  return departmentAt(parties, level, party);
}

/** The lowest competent department that stands above both parties; for national ones the national department. */
export function commonSuperior(
  parties: PartyDocument[],
  a: PartyDocument,
  b: PartyDocument,
): PartyDocument | undefined {
  const highest = Math.min(rankOf(a), rankOf(b));
  for (let rank = Math.max(highest - 1, 0); rank >= 0; rank--) {
    const level = LEVELS_WITH_DEPARTMENT[rank];
    if (level === undefined || division(level, a) !== division(level, b)) continue;
    const found = departmentAt(parties, level, a);
    if (found) return found;
  }
  return undefined;
}

/** Whether the party is a competent department of the other one's government, or of one above. */
export function isCompetentAbove(party: PartyDocument, other: PartyDocument): boolean {
  if (!party.competent || rankOf(party) > rankOf(other)) return false;
  return division(party.level, party) === division(party.level, other);
}

const rankOf = (party: PartyDocument): number => LEVELS.indexOf(party.level);

function departmentAt(parties: PartyDocument[], level: Level, under: PartyDocument): PartyDocument | undefined {
  const wanted = division(level, under);
  return parties.find((party) => party.competent && party.level === level && division(level, party) === wanted);
}

/** A party without a region gets a division of its own, so that only the national department stands above it. */
function division(level: Level, party: PartyDocument): string | undefined {
  const digits = REGION_DIGITS[level];
  if (digits === 0) return '';
  return party.regionCode === undefined ? `without region: ${party.id}` : party.regionCode.slice(0, digits);
}
