import type { IncomingMessage } from 'node:http';
import t from 'tap';
import type { Caller } from '../../parties/caller.js';
import { Login, type LoginDeps } from './login.js';

const officers = new Map<string, Caller>([
  ['subject of ida', { kind: 'officer', id: 'ida', party: 'p', roles: [] }],
  ['subject of otto', { kind: 'officer', id: 'otto', party: 'p', roles: [] }],
]);
const requestWith = (token: string): IncomingMessage =>
  ({ headers: { authorization: `Bearer ${token}` } }) as unknown as IncomingMessage;

t.test('an officer of an identity provider has a share of turns of their own once the token was judged', async (t) => {
  const deps = {
    credentials: {
      digestOf: (token: string) => `digest of ${token}`,
      digestOfSubject: (subject: string) => `subject of ${subject}`,
      ownerOf: (credential: string) => officers.get(credential),
    },
    providers: { mayJudge: () => true, identityOf: async (subject: string) => ({ subject, endsAtMs: 1 }) },
  } as unknown as LoginDeps;
  const login = new Login(deps);
  const shares = () => ['ida', 'otto', 'nobody'].map((token) => login.shareOf(requestWith(token)));
  const [before, ...others] = shares();
  for (const share of others) t.equal(share, before, 'unknown tokens have one together');
  for (const token of ['ida', 'otto']) await login.byBearer(requestWith(token));
  const [ida, otto, nobody] = shares();
  t.equal(new Set([ida, otto, nobody]).size, 3);
  t.equal(nobody, before);
  officers.delete('subject of otto');
  t.equal(shares()[1], before, 'an appointment that has ended is unknown');
});
