import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';
import { inProject } from './project.mjs';

/** Compiled files whose source map was needed. */
const maps = new Map();

/** Names the source of every position in a compiled file, as in `dist/proto/subject.js:3:1`. */
export function inSources(text) {
  return text.replace(/\bdist\/([^\s():]+)\.js:(\d+):(\d+)/g, (compiled, file, line, column) => {
    const source = sourceOf(file, Number(line), Number(column));
    return source ? `${file}.ts:${source.lineNumber}:${source.columnNumber}` : compiled;
  });
}

/** The same for the position of an assertion, which TAP has in parts. */
export function assertedAt(at) {
  const [, file] = /^dist\/(.*)\.js$/.exec(at?.fileName ?? '') ?? [];
  const source = file && sourceOf(file, at.lineNumber, at.columnNumber);
  if (!source) return at;
  const { lineNumber, columnNumber } = source;
  return { ...at, fileName: `${file}.ts`, lineNumber, columnNumber };
}

/** Undefined where the map has nothing. */
function sourceOf(file, line, column) {
  if (!maps.has(file)) maps.set(file, readMap(file));
  const origin = maps.get(file)?.findOrigin(line, column);
  return origin?.lineNumber === undefined ? undefined : origin;
}

function readMap(file) {
  try {
    return new SourceMap(JSON.parse(readFileSync(inProject('dist', `${file}.js.map`), 'utf8')));
  } catch {
    return undefined;
  }
}
