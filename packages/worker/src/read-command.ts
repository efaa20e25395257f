// Reads a command off the wire and holds it against its subject.
import { checkAddress, checkQueueClass, decodeBody, PawlError } from '@pawl/core';
import type { Body, CommandBody, CommandDelivery } from '@pawl/core';

const isObject = (value: unknown): value is Body => typeof value === 'object' && value !== null;

const TEXT_FIELDS = ['task', 'path', 'generation', 'idempotencyKey', 'class'] as const;
const NUMBER_FIELDS = ['attempt', 'timeoutMs', 'deadlineAt', 'decidedAt'] as const;

const problemsOf = (body: Body): string[] => {
  const texts = TEXT_FIELDS.filter((field) => typeof body[field] !== 'string');
  const numbers = NUMBER_FIELDS.filter((field) => typeof body[field] !== 'number');
  const actor = body['actor'];
  const hasActor =
    isObject(actor) && typeof actor['type'] === 'string' && typeof actor['id'] === 'string';
  return [...texts, ...numbers, ...(hasActor ? [] : ['actor'])];
};

/** The command in a delivery. Throws `invalid-body`, `forbidden-key`, … */
export const readCommand = (delivery: CommandDelivery): CommandBody => {
  const body = decodeBody(delivery.body);
  const problems = problemsOf(body);
  if (problems.length > 0)
    throw new PawlError(
      'invalid-entry',
      `The command lacks ${problems.join(', ')}, or they have the wrong type.`,
    );
  const command = body as unknown as CommandBody; // Just checked, field by field.
  checkAddress(command.actor);
  checkQueueClass(`The command ${command.task}`, command.class);
  const { subject } = delivery;
  // Permissions hold per subject, so the body may not speak for another command.
  if (
    command.task !== subject.task ||
    command.class !== subject.class ||
    command.generation !== subject.generation ||
    command.actor.type !== subject.actor.type ||
    command.actor.id !== subject.actor.id
  )
    throw new PawlError(
      'invalid-entry',
      `The body is ${command.class} ${command.task} of ${command.actor.type}/` +
        `${command.actor.id} at ${command.generation}, but its subject is ${subject.class} ` +
        `${subject.task} of ${subject.actor.type}/${subject.actor.id} at ${subject.generation}.`,
    );
  return command;
};
