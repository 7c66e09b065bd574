import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseDocument, type Document } from 'yaml';
import { messageOf } from './errors.ts';
import { byPlace, findingsOf, formatPath, type Finding, type Path, type Problem } from './problems.ts';

/** The files of the schemas folder, without `.json`. */
export type SchemaName = 'config' | 'campaign' | 'policy' | 'calendar' | 'control' | 'scenario';

/** A schema, or a part of one: `control#/$defs/campaign.start`. */
export type SchemaRef = SchemaName | `${SchemaName}#/$defs/${string}`;

/** A value that passed, defaults filled in, deeply frozen; or every mistake in it. */
export type Checked<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** A file's content and the way back to its lines. */
export interface Parsed {
  /** As written, with the schema's defaults filled in where it allows them. */
  readonly value: unknown;
  /** As written, no defaults. */
  readonly asWritten: unknown;
  readonly problems: Problem[];
  /** Names the place of a value (or of its key) in the file. */
  readonly problemAt: (path: Path, message: string, at?: 'key' | 'value') => Problem;
}

const compiled = new Map<SchemaRef, ValidateFunction>();
let ajv: Ajv2020 | null = null;

/** Every mistake in `value`; empty when it is accepted. */
export function validateValue(schema: SchemaRef, value: unknown): Problem[] {
  return check(schema, structuredClone(value)).map((finding) => problemOf(finding, null, null));
}

/** Checks a value that came from no file: a copy with the defaults filled in, or every mistake. */
export function validated<T>(schema: SchemaRef, value: unknown): Checked<T> {
  const copy: unknown = structuredClone(value);
  const problems = check(schema, copy).map((finding) => problemOf(finding, null, null));
  return problems.length === 0 ? { ok: true, value: deepFreeze(copy) as T } : { ok: false, problems };
}

/** Parses and checks YAML (JSON is YAML too): the value with defaults, or every mistake with line and column. */
export function parseYaml<T>(text: string, file: string, schema: SchemaRef): Checked<T> {
  const { value, problems } = readYaml(text, file, schema);
  return problems.length === 0 ? { ok: true, value: deepFreeze(value) as T } : { ok: false, problems };
}

/** As `parseYaml`, for a caller with checks of its own to add to the problems. */
export function readYaml(text: string, file: string, schema: SchemaRef): Parsed {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: true });
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return { file, line, column: col };
  };
  const problemAt = (path: Path, message: string, at: 'key' | 'value' = 'value'): Problem =>
    problemOf({ path, message, at }, file, place(offsetOf(document, path, at)));
  const problems = [...document.errors, ...document.warnings].map((error): Problem => {
    const isTooDeep = /call stack|Stack overflow/.test(error.message);
    const message = YAML_SENTENCES[error.code] ?? (isTooDeep ? TOO_DEEP : error.message);
    return { ...place(error.pos[0]), path: '', message };
  });
  const nothing = { value: null, asWritten: null, problemAt };
  // After a broken line the rest of the tree is a guess; a key written twice leaves it sound.
  if (document.errors.some((error) => error.code !== 'DUPLICATE_KEY')) return { ...nothing, problems };
  let value: unknown;
  let asWritten: unknown;
  try {
    value = document.toJS();
    // An anchor may hold itself, and nobody who walks through it would come to an end: this throws a TypeError then.
    JSON.stringify(value);
    asWritten = structuredClone(value);
  } catch (error) {
    const message = error instanceof RangeError || error instanceof TypeError ? TOO_DEEP : messageOf(error);
    return { ...nothing, problems: [...problems, problemAt([], message)] };
  }
  if (value === null || value === undefined) {
    return { ...nothing, problems: [...problems, problemAt([], 'the file is empty')] };
  }
  for (const { path, message, at } of check(schema, value)) problems.push(problemAt(path, message, at));
  return { value, asWritten, problems: problems.sort(byPlace), problemAt };
}

const YAML_SENTENCES: Readonly<Record<string, string>> = {
  DUPLICATE_KEY: 'this property is written twice',
  TAB_AS_INDENT: 'indent with spaces, not with tabs',
  MULTIPLE_DOCS: 'one document a file: remove the --- line',
};

/** Freezes a value and all it holds. */
export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    Object.values(value).forEach(deepFreeze);
  }
  return value;
}

/** Checks in place: ajv fills the defaults into `value`. */
function check(schema: SchemaRef, value: unknown): Finding[] {
  const validate = validatorOf(schema);
  try {
    return validate(value) ? [] : findingsOf(validate.errors ?? [], value);
  } catch (error) {
    if (error instanceof RangeError) return [{ path: [], at: 'value', message: TOO_DEEP }];
    const names = methodNames(value, [], new Set());
    if (names.length === 0) throw error;
    return names;
  }
}

const TOO_DEEP = 'is nested too deep, or holds itself: write it flatter';

/** Properties named like the methods ajv calls to compare two items. */
function methodNames(value: unknown, path: Path, seen: Set<unknown>): Finding[] {
  if (typeof value !== 'object' || value === null || seen.has(value)) return [];
  seen.add(value);
  return Object.entries(value).flatMap(([name, one]): Finding[] => {
    const here = [...path, Array.isArray(value) ? Number(name) : name];
    const isMethod = !Array.isArray(value) && (name === 'toString' || name === 'valueOf');
    if (isMethod) return [{ path: here, at: 'key', message: `unknown property “${name}”` }];
    return methodNames(one, here, seen);
  });
}

/** Schemas are read and compiled at first use, so that a program pays only for those it needs. */
function validatorOf(ref: SchemaRef): ValidateFunction {
  const known = compiled.get(ref);
  if (known !== undefined) return known;
  ajv ??= createAjv();
  const name = ref.split('#')[0] as SchemaName;
  if (ajv.schemas[name] === undefined) ajv.addSchema(readSchema(name), name);
  const validate = ajv.getSchema(ref);
  if (validate === undefined) throw new Error(`no schema ${ref}`);
  compiled.set(ref, validate);
  return validate;
}

function createAjv(): Ajv2020 {
  const created = new Ajv2020({
    strict: true,
    strictRequired: false,
    allErrors: true,
    useDefaults: true,
    verbose: true,
  });
  addFormats.default(created);
  return created;
}

/** A schema of the schemas folder, as it is. */
export function readSchema(name: SchemaName): Record<string, unknown> {
  const url = new URL(`../schemas/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(url, 'utf8')) as Record<string, unknown>;
}

function problemOf(
  finding: Pick<Finding, 'path' | 'message' | 'at'>,
  file: string | null,
  place: { line: number; column: number } | null,
): Problem {
  const path = formatPath(finding.path);
  return { file, line: place?.line ?? null, column: place?.column ?? null, path, message: finding.message };
}

/** Where a value, or its key, begins in the text; the nearest place above when it is not written there. */
function offsetOf(document: Document.Parsed, path: Path, at: 'key' | 'value'): number {
  let node: unknown = document.contents;
  let offset = document.contents?.range[0] ?? 0;
  for (const [index, key] of path.entries()) {
    if (isAlias(node)) node = node.resolve(document);
    let found: unknown;
    if (isMap(node)) {
      const pair = node.items.find((item) => (isScalar(item.key) ? item.key.value : item.key) === key);
      const last = index === path.length - 1;
      found = pair?.value;
      if (isNode(pair?.key) && ((last && at === 'key') || !isNode(found))) found = pair.key;
    } else if (isSeq(node)) found = node.items[key as number];
    if (!isNode(found)) break;
    node = found;
    offset = found.range?.[0] ?? offset;
  }
  return offset;
}
