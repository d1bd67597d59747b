import { parse } from '@babel/parser';
import type { SourceFile } from './source-tree.js';

/** A node of the syntax tree; which further fields it has depends on its type. */
export interface SyntaxNode {
  type: string;
  loc?: { start: { line: number }; end: { line: number } };
  [field: string]: unknown;
}

const trees = new Map<string, SyntaxNode>();

export function syntaxTree(file: SourceFile): SyntaxNode {
  let tree = trees.get(file.path);
  if (!tree) {
    const plugins = ['typescript' as const, ...(file.path.endsWith('x') ? ['jsx' as const] : [])];
    tree = parse(file.text, { sourceType: 'module', plugins }).program as unknown as SyntaxNode;
    trees.set(file.path, tree);
  }
  return tree;
}

/** Every node of a tree, parents before children, each with its parent. */
export function* walkTree(node: SyntaxNode, parent?: SyntaxNode): Generator<[SyntaxNode, SyntaxNode | undefined]> {
  yield [node, parent];
  for (const [field, value] of Object.entries(node)) {
    if (field === 'loc' || field.endsWith('Comments')) continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) yield* walkTree(child, node);
    }
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
