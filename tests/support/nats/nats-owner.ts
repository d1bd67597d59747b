import { startEmbedded } from '../../../broker/nats/server/embedded-server.js';
import { findNatsServer } from '../../../broker/nats/server/find-server.js';

/** A process that owns an embedded server, prints it as one line, and waits to be killed. Argument: the folder. */
const { path: binary } = await findNatsServer();
const server = await startEmbedded({ binary, storeDir: process.argv[2]!, durability: 'relaxed' });
console.log(JSON.stringify({ url: server.url, user: server.user, pass: server.pass, pid: server.pid }));
process.stdin.resume();
process.stdin.once('end', () => server.stop());
