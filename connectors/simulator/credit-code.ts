/** Digits and letters without I, O, Z, S and V, which are easily misread. */
const ALPHABET = '0123456789ABCDEFGHJKLMNPQRTUWXY';
const BASE = 31;

export interface CreditCodeParts {
  /** Six digits of the registering authority. */
  regionCode: string;
  /** Number of the organisation, up to eight digits. */
  sequence: number;
}

/** Unified social credit code of an enterprise (GB 32100): authority, kind, region, organisation, check character. */
export function creditCode({ regionCode, sequence }: CreditCodeParts): string {
  const organisation = String(sequence).padStart(8, '0');
  const body = `91${regionCode}${organisation}${organisationCheck(organisation)}`;
  return body + codeCheck(body);
}

/** GB 11714, inside the code. */
function organisationCheck(organisation: string): string {
  const weights = [3, 7, 9, 10, 5, 8, 4, 2];
  const sum = weights.reduce((total, weight, index) => total + weight * Number(organisation[index]), 0);
  const check = (11 - (sum % 11)) % 11;
  return check === 10 ? 'X' : String(check);
}

function codeCheck(body: string): string {
  let sum = 0;
  for (let index = 0; index < 17; index++) sum += ALPHABET.indexOf(body[index]!) * (3 ** index % BASE);
  return ALPHABET[(BASE - (sum % BASE)) % BASE]!;
}
