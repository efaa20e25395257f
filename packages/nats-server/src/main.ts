// Finds or fetches nats-server and prints its path: for scripts that want it before they need it.
import { findNatsServer } from './find.ts';

const found = await findNatsServer({ onProgress: (line) => console.error(`  ${line}`) });
console.log(`${found.path} (${found.version}, ${found.source})`);
