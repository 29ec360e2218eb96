/** What a thread is asked: to compute for so long. */
export interface SpeedRequest {
  readonly milliseconds: number;
}

/** What it answers. The first answer says that it can be asked. */
export type SpeedReply =
  | { readonly type: "ready" }
  | {
      readonly type: "done";
      readonly labels: number;
      /** Milliseconds of processor time, and of the clock. */
      readonly cpuMs: number;
      readonly wallMs: number;
    }
  | { readonly type: "failed"; readonly message: string };
