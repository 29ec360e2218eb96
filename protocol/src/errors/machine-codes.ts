import { type ErrorEntry } from "./error-entry.ts";

/** Codes of what a process works with on its own machine. */
export const machineCodes = {
  ENGINE_UNREACHABLE: { status: 503, retryable: true, meaning: "The Docker Engine does not answer." },
  ENGINE_FAILED: { status: 502, retryable: true, meaning: "The Docker Engine refused an operation." },
  RESOURCES_IN_USE: {
    status: 409,
    retryable: true,
    meaning: "A container holds more memory than it would get; it goes on with what it has.",
  },
  NODE_IN_USE: {
    status: 409,
    retryable: true,
    meaning: "The node's agent runs, or something of it is still needed; nothing was removed.",
  },
  GPU_UNAVAILABLE: {
    status: 503,
    retryable: true,
    meaning: "The driver of the node's GPUs does not answer, or too few of them are free.",
  },
  GPU_UNREADABLE: {
    status: 502,
    retryable: true,
    meaning: "The driver of the node's GPUs told what cannot be read.",
  },
  CAPACITY_UNMEASURED: {
    status: 503,
    retryable: true,
    meaning: "The machine could not be measured; the message says what failed.",
  },
  CAPACITY_OVERCLAIMED: {
    status: 409,
    retryable: false,
    meaning: "More is to be registered than the machine has; the message has each claim and its measure.",
  },
  IMAGE_PULL_FAILED: { status: 502, retryable: true, meaning: "The image cannot be pulled." },
  STORE_FAILED: { status: 500, retryable: true, meaning: "The local store cannot be read or written." },
  STORE_UNUSABLE: {
    status: 500,
    retryable: false,
    meaning: "The local store is damaged, of another key, or newer; nothing in it was changed.",
  },
} as const satisfies Record<string, ErrorEntry>;
