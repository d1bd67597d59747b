const WEIGHTS = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
const CHECK_CHARACTERS = '10X98765432';

export interface IdNumberParts {
  /** Six digits of the place of first registration. */
  regionCode: string;
  /** `YYYY-MM-DD` */
  birthDate: string;
  /** 1 to 999; odd for men, even for women. */
  sequence: number;
}

/** Citizen identity number (GB 11643): region, date of birth, sequence, check character. */
export function idNumber({ regionCode, birthDate, sequence }: IdNumberParts): string {
  const digits = `${regionCode}${birthDate.replaceAll('-', '')}${String(sequence).padStart(3, '0')}`;
  return digits + checkCharacter(digits);
}

function checkCharacter(digits: string): string {
  const sum = WEIGHTS.reduce((total, weight, index) => total + weight * Number(digits[index]), 0);
  return CHECK_CHARACTERS[sum % 11]!;
}
