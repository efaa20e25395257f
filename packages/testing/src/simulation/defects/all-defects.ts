// All defects that can be planted, by name.
import { brokerDefects } from './broker-ports.ts';
import type { Defect } from './defect.ts';
import { foldDefects } from './fold-rules.ts';
import { hostDefects } from './host-ports.ts';
import { limitDefects } from './limits.ts';
import { scheduleDefects } from './schedules.ts';

/** All defects. */
export const DEFECTS: readonly Defect[] = [
  ...hostDefects,
  ...brokerDefects,
  ...foldDefects,
  ...limitDefects,
  ...scheduleDefects,
];

/** The defect of a name. Throws when there is none. */
export const defectOf = (name: string): Defect => {
  const found = DEFECTS.find((defect) => defect.name === name);
  if (found !== undefined) return found;
  const names = DEFECTS.map((defect) => defect.name).join(', ');
  throw new RangeError(`There is no defect ${name}. There are: ${names}.`);
};
