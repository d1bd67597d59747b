import { createServer } from 'node:http';

/** The program of a cluster's worker: answers each request on a free port of loopback. */
createServer((_request, response) => response.end('served')).listen(0, '127.0.0.1');
