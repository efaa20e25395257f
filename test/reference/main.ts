// Writes the reference pages: npm run reference
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { referencePages } from './pages.ts';

const pages = referencePages();
for (const { path, text } of pages) writeFileSync(path, text);
const paths = pages.map(({ path }) => path);
execFileSync('node', ['node_modules/prettier/bin/prettier.cjs', '--write', ...paths]);
console.log(`Written: ${paths.join(', ')}`);
