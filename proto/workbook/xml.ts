import { Parser } from 'saxen';
import { BrokenFileError } from './broken-file.js';

export interface XmlHandlers {
  /** Names come without their namespace prefix. */
  open?(name: string, attributes: Record<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** A reference to what only a declaration could define, which is taken from no file, and characters that XML does not have. */
const UNKNOWN_REFERENCE = /&(?!(?:lt|gt|amp|quot|apos|#\d+|#x[\dA-Fa-f]+);)/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters that are looked for
const NO_CHARACTER = /[\0-\x08\x0b\x0c\x0e-\x1f]/;

/** Reads XML once from beginning to end. Throws BrokenFileError for what is not well-formed, and for declarations of entities. */
export function readXml(xml: string, { open, text, close }: XmlHandlers): void {
  const parser = new Parser();
  let failure: unknown;
  parser.on('error', (error) => {
    failure ??= error;
  });
  parser.on('attention', () => {
    failure ??= new Error('a declaration');
  });
  const decoded = (one: string, decode: (text: string) => string): string => {
    if (one.includes('&') && UNKNOWN_REFERENCE.test(one)) failure ??= new Error('an unknown reference');
    const text = decode(one);
    if (NO_CHARACTER.test(text)) failure ??= new Error('a control character');
    return text;
  };
  if (open) {
    parser.on('openTag', (name, attributes, decode) => {
      open(
        localName(name),
        Object.fromEntries(Object.entries(attributes()).map(([key, one]) => [key, decoded(one, decode)])),
      );
    });
  }
  if (close) parser.on('closeTag', (name) => close(localName(name)));
  if (text) {
    parser.on('text', (one, decode) => text(decoded(one, decode)));
    parser.on('cdata', (one) => text(one));
  }
  parser.parse(xml);
  if (failure) throw new BrokenFileError('a part of it is not well-formed XML', { cause: failure });
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);
