// A nominal time as part of an id.

/** `20261124T084500Z`; with milliseconds `20261124T084500250Z`. UTC, so that no two are alike. */
export const tickToken = (time: number): string =>
  new Date(time)
    .toISOString()
    .replace(/\.000Z$/, 'Z')
    .replaceAll(/[-:.]/g, '');
