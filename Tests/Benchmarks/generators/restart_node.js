// A node for `restarts`: answers every request, and on SIGTERM lets those in progress finish, as `server.close` does.
// node restart_node.js HOST PORT
'use strict';
const http = require('http');
const [host, port] = process.argv.slice(2);
const health = JSON.stringify({ ok: true, status: 'healthy', checks: { database: { status: 'healthy' } } });

function answer(response, type, text) {
    response.writeHead(200, { 'Content-Type': type, 'Content-Length': Buffer.byteLength(text) });
    response.end(text);
}

const server = http.createServer((request, response) => {
    if (request.url === '/api/v1/health') return answer(response, 'application/json', health);
    let count = 0;
    request.on('data', (piece) => { count += piece.length; });
    request.on('end', () => answer(response, 'text/plain', `${request.method} ${count} ${'.'.repeat(100)}`));
});
process.on('SIGTERM', () => server.close(() => process.exit(0)));
server.listen({ host, port: Number(port), backlog: 511 });
