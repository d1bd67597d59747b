import { Parser } from 'saxen';

export interface XmlHandlers {
  /** Names come without their namespace prefix. */
  open?(name: string, attributes: Record<string, string>): void;
  text?(text: string): void;
  close?(name: string): void;
}

/** Reads XML once from beginning to end. Throws on what is not well-formed. */
export function readXml(xml: string, { open, text, close }: XmlHandlers): void {
  const parser = new Parser();
  let failure: Error | undefined;
  parser.on('error', (error) => {
    failure ??= error;
  });
  if (open) {
    parser.on('openTag', (name, attributes, decode) => {
      open(localName(name), Object.fromEntries(Object.entries(attributes()).map(([key, one]) => [key, decode(one)])));
    });
  }
  if (close) parser.on('closeTag', (name) => close(localName(name)));
  if (text) {
    parser.on('text', (one, decode) => text(decode(one)));
    parser.on('cdata', (one) => text(one));
  }
  parser.parse(xml);
  if (failure) throw failure;
}

const localName = (name: string): string => name.slice(name.indexOf(':') + 1);
