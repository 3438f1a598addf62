module.exports = () => {
  for (const make of Object.values(hidden))
    caught(() => {
      make().plantedByEvil = SECRET;
    });
  return victim.report();
};
