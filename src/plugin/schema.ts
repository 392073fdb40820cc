// SPDX-License-Identifier: MIT
/**
 * The subset of JSON Schema in which a plugin declares its options, and the TypeScript type that follows
 * from such a declaration. One source gives validation, the types of `create`, the editor schema and the
 * tables in the man pages; hence every property carries a `description`.
 *
 * `format` takes sluice's own formats: `duration` (`200ms`, `2s`, `14d`), `address` (IPv4 or IPv6),
 * `endpoint` (`ADDR:PORT`, `[V6]:PORT`), `regex` (a JavaScript regular expression), `file` (a path,
 * resolved against the config file's folder before `create` sees it).
 */
export type SchemaFormat = 'duration' | 'address' | 'endpoint' | 'regex' | 'file';

interface Described {
  readonly description?: string;
}

export interface StringSchema extends Described {
  readonly type: 'string';
  readonly enum?: readonly string[];
  readonly format?: SchemaFormat;
  readonly pattern?: string;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly default?: string;
}

export interface NumberSchema extends Described {
  readonly type: 'integer' | 'number';
  readonly minimum?: number;
  readonly maximum?: number;
  readonly default?: number;
}

export interface BooleanSchema extends Described {
  readonly type: 'boolean';
  readonly default?: boolean;
}

export interface ArraySchema extends Described {
  readonly type: 'array';
  readonly items: Schema;
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly default?: readonly unknown[];
}

export interface ObjectSchema extends Described {
  readonly type: 'object';
  readonly properties: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties: false;
  readonly minProperties?: number;
  readonly maxProperties?: number;
}

export interface MapSchema extends Described {
  readonly type: 'object';
  readonly additionalProperties: Schema;
}

export interface AnyOfSchema extends Described {
  readonly anyOf: readonly Schema[];
  readonly default?: unknown;
}

export type Schema =
  | StringSchema
  | NumberSchema
  | BooleanSchema
  | ArraySchema
  | ObjectSchema
  | MapSchema
  | AnyOfSchema;

/** The TypeScript type of a value that satisfies schema `S`, defaults filled in; of any schema, all that is known. */
export type Infer<S> = Schema extends S
  ? unknown
  : ObjectSchema extends S
    ? Readonly<Record<string, unknown>>
    : InferOne<S>;

type InferOne<S> = S extends { enum: readonly (infer E)[] }
  ? E
  : S extends { anyOf: readonly (infer A)[] }
    ? Infer<A>
    : S extends { type: 'string' }
      ? string
      : S extends { type: 'integer' | 'number' }
        ? number
        : S extends { type: 'boolean' }
          ? boolean
          : S extends { type: 'array'; items: infer I }
            ? Infer<I>[]
            : S extends { type: 'object'; properties: infer P }
              ? InferObject<P, S extends { required: readonly (infer R)[] } ? R : never>
              : S extends { type: 'object'; additionalProperties: infer V }
                ? Record<string, Infer<V>>
                : unknown;

type PresentKeys<P, R> = {
  [K in keyof P]: K extends R ? K : P[K] extends { default: unknown } ? K : never;
}[keyof P];

/** Of a schema that is not known in detail (`ObjectSchema` itself) no more is said than that it is an object. */
type InferObject<P, R> = string extends keyof P
  ? Record<string, unknown>
  : { [K in PresentKeys<P, R>]: Infer<P[K]> } & {
      [K in Exclude<keyof P, PresentKeys<P, R>>]?: Infer<P[K]>;
    };
