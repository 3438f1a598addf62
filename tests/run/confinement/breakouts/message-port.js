module.exports = () => {
  const { port1, port2 } = new MessageChannel();
  return new Promise((resolve, reject) => {
    port2.onmessage = ({ data }) => {
      port2.close();
      resolve(caught(() => readBy(data)));
    };
    try {
      port1.postMessage(carrier());
    } catch (error) {
      port1.close();
      reject(error);
    }
  });
};
