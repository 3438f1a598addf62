/** A tree. */
interface TreeInput {
  /** What it is called. */
  name: string;
  children?: TreeInput[];
  color?: Color;
}

/** A color. */
type Color = "red" | "blue";

type Level = 1 | 2;

/** A tree. */
interface Tree {
  /** What it is called. */
  name: string;
  children: Tree[];
  color: Color;
}

interface User {
  name: string;
  tags?: string[];
}

type Point = [x: number, y?: number];

interface Page_User {
  items: User[];
  next: number | null;
}

/** An item of an order. *\/ declare const evil: any; /* */
interface ItemInput {
  /** A UUID. */
  id: string;
  /** In euros. (greater than 0) */
  price: string | number;
  due?: string | null;
  secret?: string;
  parts?: ItemInput[];
  name?: string;
}

type Tags = string[];

/** An item of an order. *\/ declare const evil: any; /* */
interface Item {
  /** A UUID. */
  id: string;
  /** In euros. (greater than 0) */
  price: string;
  due: string | null;
  parts: Item[];
  name: string;
}

type Recursive = string | number | boolean | (Recursive | null)[] | { [key: string]: Recursive | null };

type Point2 = [x: number, y: number];

interface place {
  lat: number;
  near?: place[];
}

declare const tools: {
  /**
   * Return a number.
   *
   * It is long.
   * @param text What to count.
   * @param count How often. Default: 3.
   * @param flag Default: false.
   */
  plain(text: string, count?: number, flag?: boolean, data?: Uint8Array): Promise<number>;
  /**
   * @param options.limit (at least 1) Default: 10.
   * @param options.order Default: 'up'.
   */
  keywords(text: string, options?: { limit?: number; order?: "up" | "down" }): Promise<string[]>;
  /** @param first Default: 1. */
  needs(first: number | undefined, options: { key: string }): Promise<null>;
  several(...numbers: number[]): Promise<number>;
  open_ended(options?: { [key: string]: number }): Promise<{ [key: string]: number }>;
  /** @param level Default: 1. */
  trees(tree: TreeInput, color: Color, level?: Level): Promise<Tree>;
  users(user: User, point: Point, user_id: number): Promise<Page_User>;
  order(item: ItemInput, tags?: Tags | null): Promise<Item>;
  /**
   * @param day A date: YYYY-MM-DD.
   * @param lasts In seconds.
   * @param path A path.
   */
  moments(at: Date | string, day: string, lasts: number, path: string, names: string[]): Promise<[Date, string, string]>;
  anything(value: string | number | boolean | (Recursive | null)[] | { [key: string]: Recursive | null } | null, other: unknown, mapping: { [key: string]: number[] }): Promise<string | number | boolean | (Recursive | null)[] | { [key: string]: Recursive | null } | null>;
  /** Yield rows. */
  rows(count: number): Promise<AsyncGenerator<Point2>>;
  web: {
    /** @param arguments_ Default: 0. */
    pages(default_: string, function_: number, arguments_?: number): Promise<AsyncGenerator<User>>;
    fetch_user(id: number): Promise<User | null>;
    /** Call it. */
    "read file"(text: string): Promise<string>;
    /**
     * Forecast the weather.
     * @param input.city A city, *\/ such as Rome.
     * @param input.days (at least 1) Default: 3.
     */
    weather(input: { city: string; days?: number; unit?: "celsius" | "fahrenheit" | null; where?: place }): Promise<{ degrees: number[] }>;
  };
  /**
   * max(iterable, *[, default=obj, key=func]) -> value
   * max(arg1, arg2, *args, *[, key=func]) -> value
   *
   * With a single iterable argument, return its biggest item. The
   * default keyword-only argument specifies an object to return if
   * the provided iterable is empty.
   * With two or more arguments, return the largest argument.
   */
  "new"(...args: unknown[]): Promise<unknown>;
  "constructor": {
    /** Return the number of items in a container. */
    "__proto__"(obj: unknown): Promise<unknown>;
    toString: {
      /**
       * Prints the values to a stream, or to sys.stdout by default.
       *
       * sep
       *   string inserted between values, default a space.
       * end
       *   string appended after the last value, default a newline.
       * file
       *   a file-like object (stream); defaults to the current sys.stdout.
       * flush
       *   whether to forcibly flush the stream.
       */
      delete(...args: unknown[]): Promise<unknown>;
    };
  };
};
