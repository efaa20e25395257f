// The refusal of a name that another service declares.
import { PawlError } from '../errors.ts';

/** `schedule-claimed`: two services declare one name differently. */
export const scheduleClaimed = (name: string, service: string, owner: string): PawlError =>
  new PawlError(
    'schedule-claimed',
    `The service ${owner} declares the schedule ${name} differently from ${service}. Give one of ` +
      `them another name; if ${owner} does not declare it any more: pawl schedules rm ${name}`,
    { details: { schedule: name, service, owner } },
  );
