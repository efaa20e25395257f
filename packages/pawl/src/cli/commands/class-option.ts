// The option for the queue class of the commands that an operation causes.
import { checkQueueClass, QUEUE_CLASSES, type QueueClass } from '@pawl/core';
import { Option } from 'commander';

/** Parses the name of a queue class. For commander's `argParser`. */
export const queueClass = (name: string): QueueClass => checkQueueClass('--class', name);

/** `--class regular|heavy|background`. */
export const classOption = (
  what: string = 'queue class of the commands that this causes',
): Option =>
  new Option('--class <class>', `${what}: ${QUEUE_CLASSES.join(', ')}`).argParser(queueClass);
