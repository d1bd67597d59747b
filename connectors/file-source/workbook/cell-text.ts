import { format, getFormatInfo } from 'numfmt';
import { storedNumber } from '../../../proto/workbook/cells.js';
import { isTimeFormat, shownTime } from '../../../proto/workbook/shown-time.js';
import { withoutExponent } from '../../runtime/mapping/json-text.js';

/** A spreadsheet keeps 15 digits of a number: from here on the last digits of an integer are not what was typed. */
const INTEGER_MAX = 1e15;
const DIGITS = 15;
/** The clock of a sheet has milliseconds. */
const STEP_MS = 1;

export interface NumberFormat {
  code: string;
  /** The workbook counts days from 1904. */
  is1904: boolean;
}

/** Says why a cell has no text that could be published. */
export class CellProblem {
  constructor(readonly reason: string) {}
}

/** The text that a person sees in a cell with a number, in plain notation; a time as `YYYY-MM-DD hh:mm:ss`. */
export function numberText(stored: string, numberFormat: NumberFormat): string | CellProblem {
  const value = storedNumber(stored);
  if (value === undefined) return new CellProblem('is not a number');
  if (isTimeFormat(numberFormat.code)) return timeText(value, numberFormat);
  if (Number.isInteger(value) && Math.abs(value) >= INTEGER_MAX) {
    return new CellProblem(
      `has a number of more than ${DIGITS} digits, which is not what was typed; format the column as text`,
    );
  }
  try {
    return shownNumber(value, numberFormat.code);
  } catch {
    return new CellProblem('has a number format that cannot be read');
  }
}

const plainNumber = (value: number): string => withoutExponent(String(Number(value.toPrecision(DIGITS))));

function shownNumber(value: number, code: string): string | CellProblem {
  const { type, maxDecimals } = getFormatInfo(code);
  if (type === 'general' && /^general$/i.test(code.trim())) return plainNumber(value);
  if (type === 'text') return plainNumber(value);
  const shown = format(code, value, { nbsp: false }).trim();
  if (/^-?$/.test(shown) && value === 0) return '0';
  const digits = digitsOf(shown, value);
  if (digits === undefined) return type === 'scientific' ? hidden('an exponent') : visible(shown);
  const isSame = Math.abs(Number(digits) - value) <= 0.5 * 10 ** -maxDecimals + Math.abs(value) * 1e-15;
  return isSame ? digits : hidden('another number');
}

const visible = (shown: string): string | CellProblem => (shown === '' ? hidden('nothing') : shown);
const hidden = (what: string): CellProblem =>
  new CellProblem(`has a number format that shows ${what} instead of its number`);

/** The number in a shown text, without currency, grouping and brackets; undefined when it is more than a number. */
function digitsOf(shown: string, value: number): string | undefined {
  const [, sign, digits] = /^([-(]?)[\p{Sc}\s]*(-?[\d,]+(?:\.\d+)?)[\p{Sc}\s]*\)?$/u.exec(shown) ?? [];
  if (digits === undefined) return undefined;
  const plain = digits.replaceAll(',', '').replace('-', '');
  // Brackets and colours stand for the sign that is not shown.
  const isNegative = value < 0 && Number(plain) !== 0;
  return isNegative || sign === '-' ? `-${plain}` : plain;
}

function timeText(serial: number, { code, is1904 }: NumberFormat): string | CellProblem {
  const shown = shownTime(serial, code, is1904, STEP_MS);
  return Array.isArray(shown) ? shown.join(' ') : new CellProblem(shown.flaw);
}
