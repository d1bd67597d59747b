import t from 'tap';
import { SourceUnfitError } from '../runtime/connector-errors.js';
import { redirectTarget } from './redirect.js';

const redirect = (location: string | undefined, from = 'https://service.example/a/b?key=1', status = 302) =>
  redirectTarget(new Response(null, { status, headers: location === undefined ? {} : { location } }), new URL(from))
    ?.href;

t.test('redirects lead to the address that they name, relative ones too', async (t) => {
  t.equal(redirect('/c'), 'https://service.example/c');
  t.equal(redirect('c?x=1'), 'https://service.example/a/c?x=1');
  t.equal(redirect('//other.example/'), 'https://other.example/');
  t.equal(redirect('https://service.example/c', 'http://service.example/'), 'https://service.example/c');
  for (const status of [301, 302, 303, 307, 308])
    t.equal(redirect('/c', undefined, status), 'https://service.example/c');
});

t.test('a status that is no redirect leads nowhere, whatever address it carries', async (t) => {
  for (const status of [200, 201, 300, 304, 305, 399, 404]) t.equal(redirect('/c', undefined, status), undefined);
  t.equal(redirect(undefined), undefined);
});

t.test('no records come from an address that is no service, or without the TLS of the first', async (t) => {
  for (const location of [
    'data:application/json,{"items":[]}',
    'file:///etc/passwd',
    'ftp://service.example/',
    'javascript:1',
    'about:blank',
    'http://service.example/a',
    'https://user:secret@service.example/a',
    'http://',
  ]) {
    const error = t.throws(() => redirect(location), { name: 'SourceUnfitError' }) as unknown as Error;
    t.match(error.message, /^https:\/\/service\.example\/a\/b redirects /);
    t.notMatch(error.message, /secret|key=1/);
  }
  t.throws(() => redirect('data:,x', 'http://service.example/'), SourceUnfitError);
});
