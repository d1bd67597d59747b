/** False for a string with half a surrogate pair: it has no UTF-8, and a protobuf client refuses a frame that holds it. */
export const isWellFormed = (text: string): boolean => (text as WellFormedString).isWellFormed();

/** Every engine that we run on has it; the library of the compiler does not yet. */
type WellFormedString = string & { isWellFormed(): boolean };

/** Characters are Unicode code points everywhere on the bus, as in JSON Schema. */
export function characterCount(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length - 1; i++) {
    if (isHigh(text.charCodeAt(i)) && isLow(text.charCodeAt(i + 1))) {
      count--;
      i++;
    }
  }
  return count;
}

/** The string cut behind so many characters, never within one. */
export function firstCharacters(text: string, max: number): string {
  if (text.length <= max) return text;
  let end = 0;
  for (let i = 0; i < max && end < text.length; i++) {
    end += isHigh(text.charCodeAt(end)) && isLow(text.charCodeAt(end + 1)) ? 2 : 1;
  }
  return text.slice(0, end);
}

const isHigh = (code: number): boolean => code >= 0xd800 && code < 0xdc00;
const isLow = (code: number): boolean => code >= 0xdc00 && code < 0xe000;
