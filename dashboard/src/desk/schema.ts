// What the JSON Schema of journeys says about a path: which keys, which values, and what they mean. Pure. Read are
// $ref within the schema, anyOf, oneOf, allOf, properties, additionalProperties, items, enum, const, type, examples, and
// what one key forbids of others (dependentSchemas, and alternatives of oneOf with `false`).

import type { Path } from './yaml';

export interface Snippet {
  label: string;
  description?: string;
  body: unknown;
}

export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  title?: string;
  description?: string;
  type?: string | string[];
  properties?: Record<string, Schema | boolean>;
  additionalProperties?: Schema | boolean;
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  allOf?: Schema[];
  enum?: (string | number | boolean)[];
  enumDescriptions?: string[];
  const?: string | number | boolean;
  examples?: unknown[];
  required?: string[];
  dependentSchemas?: Record<string, Schema>;
  defaultSnippets?: Snippet[];
}

export interface KeyChoice {
  name: string;
  description: string;
  required: boolean;
  shape: 'mapping' | 'list' | 'names' | 'value'; ///< what is written behind it; `names`: a list of scalars
}

export interface ValueChoice {
  text: string;
  description: string;
}

/// References are followed so far; the schema's own nest less deep.
const deepest = 12;

export class Shapes {
  constructor(private readonly root: Schema) {}

  /// The schema and all that it refers to or is made of. A description nearer to the path comes first.
  private parts(schema: Schema, depth = 0): Schema[] {
    if (depth > deepest) return [];
    const named = schema.$ref ? this.root.$defs?.[schema.$ref.replace('#/$defs/', '')] : undefined;
    const inner = [
      ...(named ? [named] : []),
      ...(schema.anyOf ?? []),
      ...(schema.oneOf ?? []),
      ...(schema.allOf ?? []),
    ];
    return [schema, ...inner.flatMap((part) => this.parts(part, depth + 1))];
  }

  private step(schemas: Schema[], segment: string | number): Schema[] {
    const next = schemas.flatMap((schema): (Schema | boolean | undefined)[] => {
      if (typeof segment === 'number') return [schema.items];
      const own = schema.properties?.[segment];
      return own !== undefined ? [own] : [schema.additionalProperties];
    });
    return next
      .filter((schema): schema is Schema => typeof schema === 'object')
      .flatMap((schema) => this.parts(schema));
  }

  at(path: Path): Schema[] {
    return path.reduce<Schema[]>((schemas, segment) => this.step(schemas, segment), this.parts(this.root));
  }

  private shape(schema: Schema): KeyChoice['shape'] {
    const parts = this.parts(schema);
    const types = new Set(parts.flatMap(({ type }) => type ?? []));
    if (types.size !== 1) return 'value';
    if (types.has('object')) return 'mapping';
    if (!types.has('array')) return 'value';
    const items = this.step(parts, 0).flatMap(({ type }) => type ?? []);
    return items.includes('object') ? 'list' : 'names';
  }

  /// The keys of the mapping at `path` that are not `present`; those that are required come first.
  keys(path: Path, present: readonly string[]): KeyChoice[] {
    const schemas = this.at(path);
    const found = new Map<string, KeyChoice>();
    for (const schema of schemas) {
      for (const [name, value] of Object.entries(schema.properties ?? {})) {
        if (typeof value !== 'object' || found.has(name) || present.includes(name)) continue;
        if (schemas.some((other) => forbids(other, name, present))) continue;
        found.set(name, {
          name,
          description: describe(this.parts(value)),
          required: schema.additionalProperties === false && (schema.required ?? []).includes(name),
          shape: this.shape(value),
        });
      }
    }
    return [...found.values()].sort((a, b) => Number(b.required) - Number(a.required));
  }

  values(path: Path): ValueChoice[] {
    const found = new Map<string, string>();
    const add = (value: unknown, description = ''): void => {
      const text = String(value);
      if (!found.has(text)) found.set(text, description);
    };
    for (const schema of this.at(path)) {
      schema.enum?.forEach((value, index) => add(value, schema.enumDescriptions?.[index]));
      if (schema.const !== undefined) add(schema.const, schema.description);
      if (schema.type === 'boolean') [true, false].forEach((value) => add(value));
      schema.examples?.forEach((value) => add(value));
    }
    return [...found].map(([text, description]) => ({ text, description }));
  }

  snippets(path: Path): Snippet[] {
    return this.at(path).flatMap(({ defaultSnippets }) => defaultSnippets ?? []);
  }

  description(path: Path): string {
    return describe(this.at(path));
  }
}

const describe = (schemas: Schema[]): string =>
  schemas.find(({ description }) => description)?.description ?? '';

const without = (schema: Schema | undefined, name: string): boolean => schema?.properties?.[name] === false;

/// Whether `name` cannot stand beside the keys that are present.
function forbids(schema: Schema, name: string, present: readonly string[]): boolean {
  if (present.some((key) => without(schema.dependentSchemas?.[key], name))) return true;
  const open = schema.oneOf?.filter((way) => !present.some((key) => without(way, key))) ?? [];
  return open.length > 0 && open.every((way) => without(way, name));
}
