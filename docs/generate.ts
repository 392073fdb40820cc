// SPDX-License-Identifier: MIT
/** Writes every file that follows from the code: `npm run generate`. Tests hold the files to the code. */
import { writeFile } from 'node:fs/promises';
import { generatedFiles } from './generated-files.js';

for (const { path, text } of await generatedFiles()) {
  await writeFile(path, text);
}
