// The time of each stage of a run, for `--timings`.

/**
 * @typedef {object} Timings
 * @property {(stage: string) => void} mark at the end of a stage
 * @property {() => string} report milliseconds of each stage and their sum, in one line
 */

/** @type {Timings} for runs without `--timings`, because Node loads its clock on first read */
export const NO_TIMINGS = Object.freeze({ mark: () => undefined, report: () => '' });

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
      const each = stages.map(([stage, time]) => `${stage} ${time.toFixed(1)} ms`).join(', ');
      return `timings: ${each}; total ${last.toFixed(1)} ms`;
    },
  };
};
