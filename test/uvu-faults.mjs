// A loader that lets uvu tell what a hook, or a test without an Error, has thrown: uvu 0.5 returns
// from a `finally` block and so swallows it (lukeed/uvu#80, #191). It also takes `details` of any
// error for text of its own, and stops the suite when they are data, as those of PawlError are.

const RUNNER = /\/uvu\/dist\/index\.mjs$/;
const CHANGES = [
  ['} finally {', '} catch (fault) { globalThis.UVU_FAULT?.(fault); throw fault; } finally {'],
  [
    'if (details) str +=',
    "if (details && typeof details !== 'string') details = JSON.stringify(details, null, 2);\n" +
      '\tif (details) str +=',
  ],
];

/** Node's `load` hook: changes these places in uvu's runner, and nothing else. */
export const load = async (url, context, nextLoad) => {
  const loaded = await nextLoad(url, context);
  if (!RUNNER.test(url)) return loaded;
  let source = String(loaded.source);
  for (const [before, after] of CHANGES) {
    if (source.split(before).length !== 2) throw new Error(`${url}: not the uvu we know`);
    source = source.replace(before, after);
  }
  return { ...loaded, source };
};
