// A port with some calls of its own, all others as they are.

/** The port, but for the calls in `own`. */
export const overlay = <Port extends object>(port: Port, own: Partial<Port>): Port =>
  new Proxy(port, {
    get: (target, name) => {
      if (Object.hasOwn(own, name)) return Reflect.get(own, name) as unknown;
      const value: unknown = Reflect.get(target, name);
      return typeof value === 'function' ? (value.bind(target) as unknown) : value;
    },
  });
