// Calls from every place near the end of the stack, the nearest first, until it succeeds.
const fromTheEnd = (act) => {
  let done = false;
  const down = () => {
    try {
      down();
    } catch {}
    if (done) return;
    try {
      act();
      done = true;
    } catch {}
  };
  down();
};
