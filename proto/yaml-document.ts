import {
  Composer,
  type CST,
  type Document,
  type DocumentOptions,
  Lexer,
  LineCounter,
  type ParseOptions,
  Parser,
  type SchemaOptions,
  YAMLParseError,
} from 'yaml';

/** A document has more levels of maps and lists than are read. */
export class YamlDepthError extends Error {
  override readonly name = 'YamlDepthError';
  constructor(levelsMax: number) {
    super(`more than ${levelsMax} levels of maps and lists`);
  }
}

/**
 * `parseDocument` of yaml with a bound of levels, and without a piece of the text in its errors. The library composes maps and lists by
 * recursion and reports the end of the stack as an error of the document; but where a regular expression is compiled so near
 * that end, V8 ends the whole process, also when the stack is that of a worker thread. What comes before the composing keeps a
 * stack of its own, so the levels are counted there. Throws YamlDepthError. See docs/decisions/0381.
 */
export function yamlDocument(
  text: string,
  levelsMax: number,
  options: ParseOptions & DocumentOptions & SchemaOptions = {},
): Document {
  const lines = new LineCounter();
  const composer = new Composer(options);
  let document: Document | undefined;
  for (const one of composer.compose(tokensOf(text, levelsMax, lines), true, text.length)) {
    if (document) {
      const [start = 0, end = 0] = one.range;
      document.errors.push(new YAMLParseError([start, end], 'MULTIPLE_DOCS', 'there is more than one document'));
      break;
    }
    document = one as Document;
  }
  for (const error of document?.errors ?? []) {
    const { line, col } = lines.linePos(error.pos[0]);
    error.message += ` at line ${line}, column ${col}`;
  }
  return document as Document;
}

function* tokensOf(text: string, levelsMax: number, lines: LineCounter): Generator<CST.Token> {
  const parser = new Parser(lines.addNewLine);
  lines.addNewLine(0);
  for (const lexeme of new Lexer().lex(text)) {
    yield* parser.next(lexeme);
    // The document itself stands below the maps and lists that are open, and perhaps a value above them.
    if (parser.stack.length > levelsMax + 2) throw new YamlDepthError(levelsMax);
  }
  yield* parser.end();
}
