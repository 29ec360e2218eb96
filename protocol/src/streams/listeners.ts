interface Entry {
  readonly listener: (event: never) => void;
  readonly once: boolean;
}

/**
 * Listeners by event. As with an EventTarget, an error of one of them is thrown on its own and stops neither the others
 * nor the emitter; unlike it, events are plain objects, which costs a fraction.
 */
export class Listeners<Events extends object> {
  readonly #entries = new Map<keyof Events, readonly Entry[]>();

  add<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void, once = false): void {
    const entries = this.#entries.get(type) ?? [];
    if (entries.some((entry) => entry.listener === listener)) return;
    this.#entries.set(type, [...entries, { listener, once }]);
  }

  remove<Type extends keyof Events>(type: Type, listener: (event: Events[Type]) => void): void {
    const entries = this.#entries.get(type);
    if (entries !== undefined)
      this.#entries.set(
        type,
        entries.filter((entry) => entry.listener !== listener),
      );
  }

  has(type: keyof Events): boolean {
    return (this.#entries.get(type)?.length ?? 0) > 0;
  }

  emit<Type extends keyof Events>(type: Type, event: Events[Type]): void {
    for (const { listener, once } of this.#entries.get(type) ?? []) {
      if (once) this.remove(type, listener as (event: Events[Type]) => void);
      try {
        (listener as (event: Events[Type]) => void)(event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Forgets everybody. */
  clear(): void {
    this.#entries.clear();
  }
}
