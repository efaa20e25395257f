// The outbox on Prisma.
import type { Sql } from '@pawl/outbox';

/** What `prisma.$transaction(async (tx) => …)` gives, as far as it is needed. */
interface PrismaTransaction {
  $queryRawUnsafe(query: string, ...values: unknown[]): PromiseLike<unknown>;
}

/** `await prisma.$transaction((tx) => outbox.send(onPrisma(tx), actor, event))` */
export const onPrisma = (tx: PrismaTransaction): Sql => ({
  execute: async (statement, parameters) => {
    await tx.$queryRawUnsafe(statement, ...parameters);
  },
});
