/** What a code stands for. */
export interface ErrorEntry {
  /** HTTP status of the gateway's API. */
  readonly status: number;
  /** Whether the same call may succeed later without a change. */
  readonly retryable: boolean;
  /** One line for docs/ERRORS.md. */
  readonly meaning: string;
}
