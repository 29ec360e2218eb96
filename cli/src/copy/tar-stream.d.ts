/** The part of tar-stream that reads archives; the package brings no types of its own. */
declare module "tar-stream" {
  import { type Readable, type Writable } from "node:stream";

  export interface Headers {
    readonly name: string;
    readonly size: number;
    readonly mode: number;
    /** `file`, `directory`, `symlink`, `link` and others; null for a kind that is not known. */
    readonly type: string | null;
    readonly linkname: string | null;
  }
  export interface Extract extends Writable {
    on(event: "entry", listener: (headers: Headers, stream: Readable, next: () => void) => void): this;
    on(event: "finish", listener: () => void): this;
    on(event: "error", listener: (error: Error) => void): this;
  }
  export function extract(): Extract;
}
