class Auth {
  static make() {
    return new this();
  }
  self() {
    return this;
  }
  check(password) {
    return pad(password) === 'the right one';
  }
}
exports.Auth = Auth;
exports.make = () => new Auth();
exports.one = new Auth();
exports.check = (password) => exports.one.check(password);
const pad = require('evil');
