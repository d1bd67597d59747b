import { parse } from '@babel/parser';
import type { SourceFile } from './source-tree.js';

/** A node of the syntax tree; which further fields it has depends on its type. */
export interface SyntaxNode {
  type: string;
  loc?: { start: { line: number }; end: { line: number } };
  [field: string]: unknown;
}

/** Words for people in the source, with the line that they begin on. */
export interface Prose {
  line: number;
  text: string;
}

const parsed = new Map<string, { program: SyntaxNode; comments: SyntaxNode[] }>();

function parseFile(file: SourceFile): { program: SyntaxNode; comments: SyntaxNode[] } {
  let result = parsed.get(file.path);
  if (!result) {
    const plugins = ['typescript' as const, ...(file.path.endsWith('x') ? ['jsx' as const] : [])];
    const { program, comments } = parse(file.text, { sourceType: 'module', plugins });
    result = { program, comments: comments ?? [] } as unknown as { program: SyntaxNode; comments: SyntaxNode[] };
    parsed.set(file.path, result);
  }
  return result;
}

export const syntaxTree = (file: SourceFile): SyntaxNode => parseFile(file).program;

export function comments(file: SourceFile): Prose[] {
  return parseFile(file).comments.map((comment) => ({
    line: comment.loc?.start.line ?? 0,
    text: String(comment.value).replace(/\n\s*\*/g, '\n'),
  }));
}

/** String literals and the fixed parts of template literals. */
export function strings(file: SourceFile): Prose[] {
  return [...walkTree(syntaxTree(file))].flatMap(([node]) => {
    const line = node.loc?.start.line ?? 0;
    if (node.type === 'StringLiteral') return [{ line, text: node.value as string }];
    return node.type === 'TemplateElement' ? [{ line, text: (node.value as { raw: string }).raw }] : [];
  });
}

/** Every node of a tree, parents before children, each with its parent. */
export function* walkTree(node: SyntaxNode, parent?: SyntaxNode): Generator<[SyntaxNode, SyntaxNode | undefined]> {
  yield [node, parent];
  for (const [child] of childrenOf(node)) yield* walkTree(child, node);
}

/** The nodes straight below a node, each with it. */
export function* childrenOf(node: SyntaxNode): Generator<[SyntaxNode, SyntaxNode]> {
  for (const [field, value] of Object.entries(node)) {
    if (field === 'loc' || field.endsWith('Comments')) continue;
    for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) yield [child, node];
  }
}

const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && typeof (value as SyntaxNode).type === 'string';

export const linesOf = (node: SyntaxNode): number => (node.loc ? node.loc.end.line - node.loc.start.line + 1 : 0);

/** The name of an identifier or a private name, of a string used as key; undefined for anything else. */
export function nameOf(node: unknown): string | undefined {
  if (!isNode(node)) return undefined;
  if (node.type === 'Identifier' || node.type === 'JSXIdentifier') return node.name as string;
  if (node.type === 'PrivateName') return nameOf(node.id);
  return node.type === 'StringLiteral' ? (node.value as string) : undefined;
}
