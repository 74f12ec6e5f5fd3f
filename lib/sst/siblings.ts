/** The metadata of each component, for the entry that must wait for it. SST constructs the two in either order. */
import type { Resource } from "@pulumi/pulumi";

interface Waiting {
  found: Promise<Resource[]>;
  resolve(resources: Resource[]): void;
}

export class Siblings {
  private readonly byParent = new Map<Resource, Waiting>();

  /** Notes the resource that writes the metadata of the component `parent`. */
  add(parent: Resource, resource: Resource): void {
    this.waiting(parent).resolve([resource]);
  }

  /** The resource that writes the metadata of the component `parent`. None if the program ends without one. */
  of(parent: Resource): Promise<Resource[]> {
    return this.waiting(parent).found;
  }

  private waiting(parent: Resource): Waiting {
    const known = this.byParent.get(parent);
    if (known) return known;
    // Pulumi ends a program in `beforeExit`, when no work is left. A prepended listener runs before that.
    if (this.byParent.size === 0) process.prependListener("beforeExit", () => this.end());
    let resolve!: (resources: Resource[]) => void;
    const found = new Promise<Resource[]>((done) => (resolve = done));
    const waiting = { found, resolve };
    this.byParent.set(parent, waiting);
    return waiting;
  }

  private end(): void {
    for (const { resolve } of this.byParent.values()) resolve([]);
  }
}
