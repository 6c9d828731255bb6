// Small parts that turn what came over the wire (any JSON) into a type, or throw Misshapen.

export class Misshapen extends Error {}

export type Decode<T> = (value: unknown) => T;

const wrong = (wanted: string, value: unknown): Misshapen => new Misshapen(`${wanted} expected, not ${value === null ? "null" : Array.isArray(value) ? "a list" : typeof value}`);

export const text: Decode<string> = (value) => {
  if (typeof value !== "string") throw wrong("text", value);
  return value;
};
export const number: Decode<number> = (value) => {
  if (typeof value !== "number" || !Number.isFinite(value)) throw wrong("a number", value);
  return value;
};
export const flag: Decode<boolean> = (value) => {
  if (typeof value !== "boolean") throw wrong("true or false", value);
  return value;
};
export const oneOf =
  <const T extends string>(...words: T[]): Decode<T> =>
  (value) => {
    const found = words.find((word) => word === value);
    if (found === undefined) throw wrong(words.join(" or "), value);
    return found;
  };

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const plain: Decode<Record<string, unknown>> = (value) => {
  if (!isObject(value)) throw wrong("an object", value);
  return value;
};

// What is missing or of the wrong shape is `otherwise`: it costs itself.
export const or =
  <T, U>(part: Decode<T>, otherwise: U): Decode<T | U> =>
  (value) => {
    try {
      return part(value);
    } catch {
      return otherwise;
    }
  };
export const maybe = <T>(part: Decode<T>): Decode<T | undefined> => or(part, undefined);

type Optional<P> = { [K in keyof P]: undefined extends P[K] ? K : never }[keyof P];
type Shape<P> = { [K in Exclude<keyof P, Optional<P>>]: P[K] } & { [K in Optional<P>]?: Exclude<P[K], undefined> };

// Members that are not named are left out; one that decodes to nothing is missing.
export const object =
  <P extends Record<string, unknown>>(parts: { [K in keyof P]: Decode<P[K]> }): Decode<Shape<P>> =>
  (value) => {
    const given = plain(value);
    const out: Record<string, unknown> = {};
    for (const [key, part] of Object.entries(parts) as [string, Decode<unknown>][]) {
      const member = part(Object.hasOwn(given, key) ? given[key] : undefined);
      if (member !== undefined) out[key] = member;
    }
    return out as Shape<P>;
  };

// A list keeps what has the right shape.
export const list =
  <T>(item: Decode<T>): Decode<T[]> =>
  (value) => {
    if (!Array.isArray(value)) return [];
    return value.flatMap((one) => {
      try {
        return [item(one)];
      } catch {
        return [];
      }
    });
  };

export const dictionary =
  <T>(item: Decode<T>): Decode<Record<string, T>> =>
  (value) => {
    const out: Record<string, T> = {};
    for (const [key, one] of Object.entries(isObject(value) ? value : {})) {
      const member = maybe(item)(one);
      if (member !== undefined) out[key] = member;
    }
    return out;
  };
