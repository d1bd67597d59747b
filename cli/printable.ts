import type { PrintOptions, Terminal } from './terminal.js';

/**
 * Control characters (C0 and C1 without tab and line feed), and characters that turn the direction of text or break lines. In a
 * terminal they move the cursor, change the title or hide what stands there.
 */
const UNPRINTABLE = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;
const LINE_BREAKS = /[\t\n]/g;

/** Escapes as JSON does, so that a line of JSON stays the same JSON. */
const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;

/** A text of the bus that may have several lines. */
export const printable = (text: string): string => text.replace(UNPRINTABLE, escaped);

/** A text of the bus inside one line: with a line break of its own it could pass for a line of ours. */
export const printableLine = (text: string): string => printable(text).replace(LINE_BREAKS, escaped);

/** Passes on lines without control characters. Everything that a command prints goes through it. */
export class PrintableTerminal implements Terminal {
  constructor(private readonly terminal: Terminal) {}

  get isInteractive(): boolean {
    return this.terminal.isInteractive;
  }

  out(line: string, options?: PrintOptions): Promise<void> {
    return this.terminal.out(options?.isStyled ? line : printable(line));
  }

  err(line: string): void {
    this.terminal.err(printable(line));
  }
}
