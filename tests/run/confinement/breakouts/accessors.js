module.exports = () => {
  send({ secret: SECRET });
  return `heard: ${victim.report()}`;
};
