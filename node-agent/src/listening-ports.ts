/** Looks on which TCP ports a container listens, without connecting to it. */
export interface ListenTable {
  /**
   * @param pid Of the container's first process, as the engine tells it; @param id Of the container.
   * @returns Undefined where it cannot be known: the engine's processes are not those of this machine.
   */
  read(pid: number, id: string): Promise<readonly number[] | undefined>;
}
