// SPDX-License-Identifier: MIT
import { createAjv } from '../config/ajv.js';
import type { ObjectSchema, Schema } from '../plugin/schema.js';

/** What is wrong with a plugin's options schema, one sentence each: it must compile and be fit for documentation. */
export function schemaProblems(options: ObjectSchema): readonly string[] {
  const ajv = createAjv();
  const problems: string[] = [];
  try {
    ajv.compile(options);
  } catch (error) {
    problems.push(`the schema does not compile: ${error instanceof Error ? error.message : String(error)}`);
  }
  const visit = (schema: ObjectSchema, path: string): void => {
    for (const [name, property] of Object.entries(schema.properties)) {
      const at = `${path}${name}`;
      if (property.description === undefined) problems.push(`${at} has no description`);
      if ('default' in property && !ajv.validate(property, property.default)) {
        problems.push(`the default of ${at} is not allowed by its own schema`);
      }
      for (const inner of objectsIn(property)) visit(inner, `${at}.`);
    }
  };
  visit(options, '');
  return problems;
}

function objectsIn(schema: Schema): ObjectSchema[] {
  if ('anyOf' in schema) return schema.anyOf.flatMap(objectsIn);
  if (schema.type === 'array') return objectsIn(schema.items);
  return schema.type === 'object' && 'properties' in schema ? [schema] : [];
}
