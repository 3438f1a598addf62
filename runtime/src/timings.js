// Where the time of a run went, for `--timings`.

/**
 * @typedef {object} Timings
 * @property {(stage: string) => void} mark at the end of a stage
 * @property {() => string} report a line for each stage, in milliseconds, and their sum
 */

/**
 * @param {() => number} now milliseconds since the process was started
 * @returns {Timings}
 */
export const makeTimings = (now) => {
  /** @type {Array<[stage: string, milliseconds: number]>} */
  const stages = [];
  let last = 0;
  const mark = (/** @type {string} */ stage) => {
    const at = now();
    stages.push([stage, at - last]);
    last = at;
  };
  return {
    mark,
    report() {
      mark('rest');
      const lines = [...stages, ['total', last]].map(
        ([stage, time]) => `  ${`${stage}`.padEnd(10)}${Number(time).toFixed(1).padStart(9)} ms`,
      );
      return ['timings:', ...lines].join('\n');
    },
  };
};
