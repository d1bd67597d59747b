/**
 * Lists the calls of `docs/json` by tag. The address is relative, so that the page also works behind a path prefix. Strings of the
 * document are set as text, never as HTML.
 */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Sluice HTTP API</title>
<style>
:root { color-scheme: light dark; font: 15px/1.5 system-ui, sans-serif; }
body { max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
h2 { margin-top: 2.5rem; border-bottom: 1px solid #8884; }
summary { cursor: pointer; padding: .35rem 0; }
code, pre { font-family: ui-monospace, monospace; font-size: .92em; }
pre { background: #8881; padding: .75rem; border-radius: .4rem; overflow: auto; }
.method { display: inline-block; min-width: 4.2rem; font-weight: 700; }
.what { opacity: .75; margin-left: .75rem; }
</style>
</head>
<body>
<h1>Sluice HTTP API</h1>
<p>The same as <a href="docs/json">OpenAPI</a>. Errors are problem documents (RFC 9457) with a stable <code>code</code>.</p>
<main id="calls">Loading…</main>
<script>
const make = (name, text, parent, className) => {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  parent.append(node);
  return node;
};
const show = (api) => {
  const main = document.getElementById('calls');
  main.textContent = '';
  const byTag = new Map();
  for (const [path, methods] of Object.entries(api.paths)) {
    for (const [method, call] of Object.entries(methods)) {
      const tag = (call.tags || ['other'])[0];
      if (!byTag.has(tag)) byTag.set(tag, []);
      byTag.get(tag).push({ path, method, call });
    }
  }
  for (const [tag, calls] of byTag) {
    make('h2', tag, main);
    for (const { path, method, call } of calls) {
      const box = make('details', undefined, main);
      const head = make('summary', undefined, box);
      make('code', method.toUpperCase(), head, 'method');
      make('code', path, head);
      make('span', call.summary || '', head, 'what');
      if (call.description) make('p', call.description, box);
      for (const part of ['parameters', 'requestBody', 'responses']) {
        if (!call[part]) continue;
        make('strong', part, box);
        make('pre', JSON.stringify(call[part], null, 2), box);
      }
    }
  }
};
fetch('docs/json').then((answer) => answer.json()).then(show);
</script>
</body>
</html>
`;
