import t from 'tap';
import { readSourceTree, type SourceFile } from './source-tree.js';
import { nameOf, type SyntaxNode, syntaxTree, walkTree } from './syntax-tree.js';

/** Called by the platform or by a library, never by name in our code. */
const CALLED_FROM_OUTSIDE = /^(?:constructor|toString|toJSON|_\w+)$/;

const code = readSourceTree().filter((file) => !file.isTest && /\.tsx?$/.test(file.path));

interface Method {
  file: SourceFile;
  className: string;
  name: string;
}

/** Methods that a class shows to others; those of a class that extends a foreign one may be overrides. */
function methodsOf(file: SourceFile): Method[] {
  const found: Method[] = [];
  for (const [node, parent] of walkTree(syntaxTree(file))) {
    if (node.type !== 'ClassBody' || parent?.superClass) continue;
    for (const member of node.body as SyntaxNode[]) {
      const name =
        member.type === 'ClassMethod' && member.kind === 'method' && !member.computed ? nameOf(member.key) : undefined;
      if (!name || member.accessibility === 'private' || CALLED_FROM_OUTSIDE.test(name)) continue;
      found.push({ file, className: nameOf(parent?.id) ?? 'a class', name });
    }
  }
  return found;
}

/** Names that the file takes from an object: `object.name`, `object['name']`, `{ name } = object`. */
function namesTaken(file: SourceFile): Set<string> {
  const taken = new Set<string>();
  for (const [node] of walkTree(syntaxTree(file))) {
    if (node.type === 'MemberExpression' || node.type === 'OptionalMemberExpression') {
      const name = nameOf(node.property);
      if (name) taken.add(name);
    }
    if (node.type !== 'ObjectPattern') continue;
    for (const property of node.properties as SyntaxNode[]) taken.add(nameOf(property.key) ?? '');
  }
  return taken;
}

const takenBy = new Map(code.map((file) => [file.path, namesTaken(file)]));
const taken = new Set([...takenBy.values()].flatMap((names) => [...names]));
const takenElsewhere = (method: Method): boolean =>
  [...takenBy].some(([path, names]) => path !== method.file.path && names.has(method.name));

const methods = code.flatMap(methodsOf);
const described = ({ file, className, name }: Method): string => `${file.path}: ${className}.${name}`;

t.test('every method of a metrics class is called by the code that it measures', async (t) => {
  const ofMetrics = methods.filter(({ className }) => className.endsWith('Metrics'));
  t.ok(ofMetrics.length > 20, 'metrics classes were found');
  t.strictSame(ofMetrics.filter((method) => !takenElsewhere(method)).map(described), []);
});

t.test('every metric that is defined has a writer', async (t) => {
  const silent: string[] = [];
  for (const file of code) {
    for (const [node, parent] of walkTree(syntaxTree(file))) {
      if (node.type !== 'ClassBody' || !nameOf(parent?.id)?.endsWith('Metrics')) continue;
      const uses = new Map<string, number>();
      for (const [inner] of walkTree(node)) {
        const name = inner.type === 'MemberExpression' ? nameOf(inner.property) : undefined;
        if (name) uses.set(name, (uses.get(name) ?? 0) + 1);
      }
      for (const member of node.body as SyntaxNode[]) {
        const name = member.type === 'ClassPrivateProperty' ? nameOf(member.key) : undefined;
        // Once where the constructor makes it, once where a method writes it.
        const needed = member.value ? 1 : 2;
        if (name && (uses.get(name) ?? 0) < needed) silent.push(`${file.path}: #${name}`);
      }
    }
  }
  t.strictSame(silent, []);
});

t.test('every method of a service has a route or another caller', async (t) => {
  const ofServices = methods.filter(({ className }) => className.endsWith('Service'));
  t.strictSame(ofServices.filter((method) => !takenElsewhere(method)).map(described), []);
});

t.test('every method of a class is used by code, not by tests alone', async (t) => {
  t.strictSame(methods.filter(({ name }) => !taken.has(name)).map(described), []);
});

/** Names that the file exports where it declares them. */
function exportsOf(file: SourceFile): string[] {
  return (syntaxTree(file).body as SyntaxNode[]).flatMap((node) => {
    const declared = node.type === 'ExportNamedDeclaration' ? (node.declaration as SyntaxNode | null) : null;
    if (!declared) return [];
    const several = declared.declarations as SyntaxNode[] | undefined;
    return (several ?? [declared]).map(({ id }) => nameOf(id) ?? '').filter((name) => name !== '');
  });
}

t.test('every export is named somewhere besides its declaration', async (t) => {
  const times = new Map<string, number>();
  for (const { text } of readSourceTree()) {
    for (const [word] of text.matchAll(/[\w$]+/g)) times.set(word, (times.get(word) ?? 0) + 1);
  }
  const dead = code.flatMap((file) =>
    exportsOf(file)
      .filter((name) => times.get(name) === 1)
      .map((name) => `${file.path}: ${name}`),
  );
  t.strictSame(dead, []);
});
