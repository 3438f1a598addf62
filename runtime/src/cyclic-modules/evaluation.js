// Evaluate() of Cyclic Module Records (ECMA-262 16.2.1.5.3) with an explicit stack instead of recursion.

/** @import { Capability, CyclicRecord, ModuleRecord, SyntheticRecord } from './records.js' */

/** @typedef {{ record: CyclicRecord, next: number }} Frame a module and the index of its next request */

let asyncEvaluations = 0; // IncrementModuleAsyncEvaluationCount: one counter for the whole agent

/** @returns {Capability} */
const newCapability = () => {
  /** @type {Partial<Capability>} */
  const capability = {};
  capability.promise = new Promise((resolve, reject) =>
    Object.assign(capability, { resolve, reject }),
  );
  return /** @type {Capability} */ (capability);
};

/** @param {SyntheticRecord} record */
export const evaluateSynthetic = (record) => {
  if (!record.evaluated) {
    record.evaluated = true;
    try {
      record.execute();
    } catch (error) {
      record.evaluationError = { error };
    }
  }
  if (record.evaluationError !== undefined) throw record.evaluationError.error;
};

/**
 * @param {CyclicRecord} root
 * @returns {CyclicRecord[]} modules that can be executed after `root`, in order
 */
const gatherAvailableAncestors = (root) => {
  /** @type {Set<CyclicRecord>} */
  const available = new Set();
  const waiting = [root];
  for (let record = waiting.pop(); record !== undefined; record = waiting.pop()) {
    for (const parent of record.asyncParentModules) {
      if (available.has(parent) || parent.cycleRoot?.evaluationError !== undefined) continue;
      parent.pendingAsyncDependencies -= 1;
      if (parent.pendingAsyncDependencies > 0) continue;
      available.add(parent);
      if (!parent.hasTLA) waiting.push(parent);
    }
  }
  return [...available].sort(
    (a, b) => Number(a.asyncEvaluationOrder) - Number(b.asyncEvaluationOrder),
  );
};

/**
 * @param {CyclicRecord} root
 * @param {unknown} error
 */
const asyncModuleExecutionRejected = (root, error) => {
  const waiting = [root];
  for (let record = waiting.pop(); record !== undefined; record = waiting.pop()) {
    if (record.status === 'evaluated') continue;
    record.evaluationError = { error };
    record.status = 'evaluated';
    record.asyncEvaluationOrder = 'done';
    record.topLevelCapability?.reject(error);
    waiting.push(...[...record.asyncParentModules].reverse());
  }
};

/** @param {CyclicRecord} record */
const settle = (record) => {
  record.asyncEvaluationOrder = 'done';
  record.status = 'evaluated';
  record.topLevelCapability?.resolve();
};

/** @param {CyclicRecord} root */
const asyncModuleExecutionFulfilled = (root) => {
  if (root.status === 'evaluated') return;
  settle(root);
  for (const record of gatherAvailableAncestors(root)) {
    if (record.status === 'evaluated') continue;
    if (record.hasTLA) {
      executeAsyncModule(record);
      continue;
    }
    try {
      record.execute();
    } catch (error) {
      asyncModuleExecutionRejected(record, error);
      continue;
    }
    settle(record);
  }
};

/** @param {CyclicRecord} record */
const executeAsyncModule = (record) => {
  /** @type {unknown} */
  let done;
  try {
    done = record.execute();
  } catch (error) {
    done = Promise.reject(error);
  }
  Promise.resolve(done).then(
    () => asyncModuleExecutionFulfilled(record),
    (error) => asyncModuleExecutionRejected(record, error),
  );
};

/**
 * Step 12 of InnerModuleEvaluation: all requested modules of `record` have been evaluated or are in a cycle with it.
 *
 * @param {CyclicRecord} record
 * @param {CyclicRecord[]} stack
 */
const finish = (record, stack) => {
  if (record.pendingAsyncDependencies > 0 || record.hasTLA) {
    record.asyncEvaluationOrder = asyncEvaluations;
    asyncEvaluations += 1;
    if (record.pendingAsyncDependencies === 0) executeAsyncModule(record);
  } else {
    record.execute();
  }
  if (record.dfsAncestorIndex !== record.dfsIndex) return;
  for (let member = stack.pop(); member !== undefined; member = stack.pop()) {
    member.status = member.asyncEvaluationOrder === undefined ? 'evaluated' : 'evaluating-async';
    member.cycleRoot = record;
    member.dfsStack = undefined;
    if (member === record) return;
  }
};

/**
 * @param {CyclicRecord} record
 * @param {CyclicRecord} requested `record` waits for it if it is asynchronous
 */
const waitFor = (record, requested) => {
  if (typeof requested.asyncEvaluationOrder !== 'number') return;
  record.pendingAsyncDependencies += 1;
  requested.asyncParentModules.push(record);
};

/**
 * Updates a module after its requested module has been visited.
 *
 * @param {CyclicRecord} record
 * @param {CyclicRecord} requested
 * @param {CyclicRecord[]} stack
 */
const join = (record, requested, stack) => {
  if (requested.status === 'evaluating') {
    // In the same cycle; or below a pending require(), and then there is nothing to wait for.
    if (requested.dfsStack !== stack) return;
    record.dfsAncestorIndex = Math.min(record.dfsAncestorIndex, requested.dfsAncestorIndex);
    waitFor(record, requested);
    return;
  }
  const root = requested.cycleRoot ?? requested;
  if (root.evaluationError !== undefined) throw root.evaluationError.error;
  waitFor(record, root);
};

/**
 * @param {CyclicRecord} record
 * @param {CyclicRecord[]} stack
 * @param {Frame[]} frames
 * @param {number} index
 */
const enter = (record, stack, frames, index) => {
  record.status = 'evaluating';
  record.dfsStack = stack;
  record.dfsIndex = index;
  record.dfsAncestorIndex = index;
  record.pendingAsyncDependencies = 0;
  stack.push(record);
  frames.push({ record, next: 0 });
};

/**
 * InnerModuleEvaluation.
 *
 * @param {CyclicRecord} root
 * @param {CyclicRecord[]} stack
 */
const evaluateGraph = (root, stack) => {
  /** @type {Frame[]} */
  const frames = [];
  let index = 0;
  enter(root, stack, frames, index);
  for (let frame = frames.at(-1); frame !== undefined; frame = frames.at(-1)) {
    const { record } = frame;
    const specifier = record.requests[frame.next];
    if (specifier === undefined) {
      finish(record, stack);
      frames.pop();
      const parent = frames.at(-1);
      if (parent !== undefined) join(parent.record, record, stack);
      continue;
    }
    frame.next += 1;
    const requested = /** @type {ModuleRecord} */ (record.requested.get(specifier));
    if (requested.kind === 'synthetic') evaluateSynthetic(requested);
    else if (requested.status === 'linked') enter(requested, stack, frames, (index += 1));
    else join(record, requested, stack);
  }
};

/**
 * @param {CyclicRecord} record linked
 * @returns {Promise<void>} settles when the module and its dependencies have been evaluated
 */
export const evaluate = (record) => {
  const evaluated = record.status === 'evaluated' || record.status === 'evaluating-async';
  const root = evaluated ? (record.cycleRoot ?? record) : record;
  if (root.topLevelCapability !== undefined) return root.topLevelCapability.promise;
  const capability = newCapability();
  root.topLevelCapability = capability;
  if (evaluated) {
    if (root.evaluationError !== undefined) capability.reject(root.evaluationError.error);
    else if (typeof root.asyncEvaluationOrder !== 'number') capability.resolve();
    return capability.promise;
  }
  /** @type {CyclicRecord[]} */
  const stack = [];
  try {
    evaluateGraph(root, stack);
  } catch (error) {
    for (const member of stack) {
      member.status = 'evaluated';
      member.evaluationError = { error };
    }
    capability.reject(error);
    return capability.promise;
  }
  if (root.asyncEvaluationOrder === undefined) capability.resolve();
  return capability.promise;
};
