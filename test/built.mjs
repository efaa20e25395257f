// Preloaded by `npm test`: runs what the build has made of the sources, as users run it.
import { register } from 'node:module';

process.setSourceMapsEnabled(true); // Stack traces show sources.
register('./built-loader.mjs', import.meta.url);
