const cluster = require('cluster');
module.exports = async () => {
  const shared = cluster === victim.cluster;
  cluster.settings.exec = 'mine';
  caught(() => (Object.getPrototypeOf(cluster).left = SECRET));
  const seen = [victim.cluster.settings.exec, victim.cluster.left].filter(Boolean);
  const forks = caught(() => cluster.fork({ LEFT: SECRET }));
  if (!(forks instanceof Error)) forks.process.kill();
  return `shared: ${shared}; seen: ${seen.join()}; forks: ${!(forks instanceof Error)}`;
};
