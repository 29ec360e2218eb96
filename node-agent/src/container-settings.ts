import { z } from "zod";

const path = (max: number) => z.string().startsWith("/").max(max).optional();

/** Settings of an agent that runs in a container of its own; the file of Compose sets them. */
export const containerShape = {
  FIZZ_NODE_REACH: path(100),
  FIZZ_NODE_ENGINE_FOLDER: path(500),
  FIZZ_NODE_CONTAINER: z
    .string()
    .regex(/^[a-zA-Z0-9][a-zA-Z0-9_.-]{0,127}$/, "the name of a container")
    .optional(),
};

/** Name, default and meaning of each. */
export const containerSettings: readonly (readonly [name: string, standard: string, meaning: string])[] = [
  [
    "FIZZ_NODE_REACH",
    "containers' own addresses",
    "socket of the helper that reaches containers, for an agent in a container of its own; the file of Compose sets it",
  ],
  [
    "FIZZ_NODE_ENGINE_FOLDER",
    "the engine's own",
    "a folder on the engine's disk, for an agent that does not see the engine's own; the file of Compose sets it",
  ],
  [
    "FIZZ_NODE_CONTAINER",
    "none",
    "the agent's own container, which the engine is to stop after `stop`: Docker would start it again; the file of Compose sets it",
  ],
];
