import { type Path } from "../manifest/issue.ts";
import { type DraftExpose } from "./draft.ts";
import { type CompleteService } from "./fit/complete-resources.ts";

/** A line for a person above a key or an item. */
export interface Comment {
  readonly path: Path;
  readonly text: string;
}

/** `services.<name>` of a manifest, without fields that are empty. */
export function serviceFields(service: CompleteService): { fields: object; comments: Comment[] } {
  const { name, image, pullPolicy, command, args, env, credentials, dependencies, expose, volumes } = service;
  const path: Path = ["services", name];
  const fields = {
    image,
    ...(pullPolicy === null ? {} : { pull_policy: pullPolicy }),
    ...(credentials === null ? {} : { credentials }),
    ...listOf("command", command),
    ...listOf("args", args),
    ...listOf(
      "env",
      env.map(({ entry }) => entry),
    ),
    ...listOf(
      "dependencies",
      dependencies.map((other) => ({ service: other })),
    ),
    ...listOf("expose", expose.map(exposeFields)),
    ...(volumes.length === 0 ? {} : { params: { storage: mountFields(volumes) } }),
  };
  const comments = [
    ...noteAt([...path, "image"], service.imageNote),
    ...env.flatMap(({ note }, index) => noteAt([...path, "env", index], note)),
    ...expose.flatMap(({ note }, index) => noteAt([...path, "expose", index], note)),
    ...volumes.flatMap((volume) => noteAt([...path, "params", "storage", volume.name], volume.note)),
  ];
  return { fields, comments };
}

function listOf(name: string, items: readonly unknown[]): object {
  return items.length === 0 ? {} : { [name]: items };
}

function noteAt(path: Path, text: string | null): Comment[] {
  return text === null ? [] : [{ path, text }];
}

function exposeFields(door: DraftExpose): object {
  const { first, last, as, protocol, global, services, accept, httpOptions } = door;
  const span = (from: number): string => `${from}-${from + last - first}`;
  const ports =
    first === last
      ? { port: first, ...(as === null ? {} : { as }) }
      : { port_range: span(first), ...(as === null ? {} : { port_range_as: span(as) }) };
  return {
    ...ports,
    ...(protocol === null ? {} : { proto: protocol }),
    ...listOf("accept", accept),
    to: [...(global ? [{ global: true }] : []), ...services.map((service) => ({ service }))],
    ...(httpOptions === null ? {} : { http_options: httpOptions }),
  };
}

function mountFields(volumes: CompleteService["volumes"]): object {
  return Object.fromEntries(
    volumes.map(({ name, path, readOnly }) => [name, { mount: path, ...(readOnly ? { readOnly } : {}) }]),
  );
}
