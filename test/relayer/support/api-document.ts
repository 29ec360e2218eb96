import { Ajv2020, type ValidateFunction } from "ajv/dist/2020.js";
import { type FastifyInstance } from "fastify";

const ID = "https://fizz.invalid/openapi.json";

interface Operation {
  readonly responses: Readonly<Record<string, { readonly content: Readonly<Record<string, Content>> }>>;
}
interface Content {
  readonly schema: unknown;
  readonly "x-line"?: unknown;
  readonly "x-events"?: Readonly<Record<string, unknown>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
}

export interface Answered {
  readonly method: string;
  /** With or without a query. */
  readonly url: string;
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Holds answers of a gateway against the document that it serves. */
export class ApiDocument {
  readonly document: Document;
  readonly #ajv = new Ajv2020({ strict: false, validateFormats: false });
  readonly #validators = new Map<string, ValidateFunction>();
  readonly #paths: readonly (readonly [RegExp, string])[];

  constructor(document: unknown) {
    this.document = document as Document;
    this.#ajv.addSchema(this.document, ID);
    // Paths without a parameter come first: they are more exact.
    this.#paths = Object.keys(this.document.paths)
      .sort((a, b) => a.split("{").length - b.split("{").length)
      .map((path) => [new RegExp(`^${path.replace(/\{\w+\}/g, "[^/]+")}$`), path]);
  }

  /** `GET /v1/nodes/{nodeId}` and so on. */
  operations(): string[] {
    return Object.entries(this.document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
  }

  /** The path of the document that an address is of. */
  pathOf(url: string): string | undefined {
    const path = url.split("?", 1)[0] ?? "";
    return this.#paths.find(([pattern]) => pattern.test(path))?.[1];
  }

  /** @returns What is wrong with an answer; undefined when it is as the document says. */
  faultOf({ method, url, status, type, body }: Answered): string | undefined {
    const path = this.pathOf(url);
    const verb = method.toLowerCase();
    const operation = path === undefined ? undefined : this.document.paths[path]?.[verb];
    if (path === undefined || operation === undefined) return `${method} ${url} is not documented`;
    const media = type.split(";", 1)[0] ?? "";
    const content = operation.responses[String(status)]?.content[media];
    if (content === undefined)
      return `${method} ${path} answers no ${status} of ${media}: ${body.slice(0, 300)}`;
    const at = ["paths", path, verb, "responses", String(status), "content", media];
    if (content["x-line"] !== undefined)
      return firstFault(
        body.split("\n").filter((line) => line !== ""),
        (line) => this.#check([...at, "x-line"], JSON.parse(line)),
      );
    if (content["x-events"] !== undefined)
      return firstFault(readEvents(body), ([name, data]) =>
        this.#check([...at, "x-events", name], JSON.parse(data)),
      );
    return this.#check([...at, "schema"], JSON.parse(body));
  }

  #check(at: readonly string[], value: unknown): string | undefined {
    const pointer = at
      .map((part) => encodeURIComponent(part.replaceAll("~", "~0").replaceAll("/", "~1")))
      .join("/");
    let validate = this.#validators.get(pointer);
    validate ??= this.#ajv.compile({ $ref: `${ID}#/${pointer}` });
    this.#validators.set(pointer, validate);
    return validate(value) ? undefined : `${at.join(" ")}: ${this.#ajv.errorsText(validate.errors)}`;
  }
}

function firstFault<Item>(
  items: readonly Item[],
  check: (item: Item) => string | undefined,
): string | undefined {
  for (const item of items) {
    const fault = check(item);
    if (fault !== undefined) return fault;
  }
  return undefined;
}

function readEvents(body: string): [name: string, data: string][] {
  return [...body.matchAll(/^event: (\w+)\ndata: (.*)\n\n/gm)].map(([, name = "", data = ""]) => [
    name,
    data,
  ]);
}

/** As `GET /v1/nodes/{nodeId}`. HEAD goes with GET, and OPTIONS is for browsers. */
export function routesOf(app: FastifyInstance): string[] {
  const lines = app.printRoutes({ commonPrefix: false }).split("\n");
  const parts: string[] = [];
  return lines
    .flatMap((line) => {
      const found = /^([│├└─ ]*)(\S+)(?: \(([A-Z, ]+)\))?$/u.exec(line);
      if (found === null) return [];
      const [, indent = "", part = "", methods = ""] = found;
      const depth = indent.length / 4;
      parts.splice(depth - 1, parts.length, part);
      const path = parts.join("").replace(/:(\w+)/g, "{$1}");
      return methods.split(", ").map((method) => `${method} ${path}`);
    })
    .filter((route) => /^(GET|POST|PUT|PATCH|DELETE) /.test(route))
    .sort();
}
