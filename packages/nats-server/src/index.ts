// What @pawl/nats-server offers: a nats-server that is new enough, found, fetched and started.
export { NatsServerError, type NatsServerErrorCode } from './error.ts';
export { findNatsServer, type FindNatsServerOptions, type NatsServerProgram } from './find.ts';
export type { ClusterOptions, ConfigurationOptions } from './configuration.ts';
export { startNatsServer, type NatsServer, type StartNatsServerOptions } from './start.ts';
export { VERSION_MIN as NATS_SERVER_VERSION_MIN } from './version.ts';
