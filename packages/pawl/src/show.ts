// pawl/show: tables of actors and histories, for programs that have something to show.
export { colorsFor, type Colors } from './cli/terminal.ts';
export { renderHistory } from './cli/show/history-table.ts';
export { stateText } from './cli/show/state-text.ts';
export { renderTable, type Column, type TableTarget } from './cli/show/table.ts';
export { durationText, relativeTime } from './cli/show/time-text.ts';
