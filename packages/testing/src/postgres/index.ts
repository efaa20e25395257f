// What @pawl/testing/postgres offers: a real PostgreSQL for tests.
export { startPostgres, type PostgresServer, type StartPostgresOptions } from './start-postgres.ts';
