// The web process: PAWL_DATABASE names the database, PORT the port.
import pg from 'pg';
import { createService } from './service.ts';

const pool = new pg.Pool({ connectionString: process.env['PAWL_DATABASE'] ?? '' });
// A database that restarts ends idle connections; the pool opens others.
pool.on('error', (error) => console.error(error.message));
const service = createService(pool);
console.log(await service.listen({ port: Number(process.env['PORT'] ?? 3000) }));
process.once('SIGTERM', () => void service.close().then(() => pool.end()));
