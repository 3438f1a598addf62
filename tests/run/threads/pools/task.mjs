export default (number) => number * number;
export const add = ({ a, b }) => a + b;
export const fail = () => {
  throw new RangeError('bad');
};
