import protobuf from 'protobufjs';
import { Decoder, Encoder, ExtensionCodec, decode, encode } from '@msgpack/msgpack';

const { root } = protobuf.parse(`
  syntax = "proto3"; package shop;
  message Item { string name = 1; repeated int32 sizes = 2; map<string, double> prices = 3;
    oneof kind { bool sold = 4; Color color = 5; } int64 big = 6; enum Color { RED = 0; BLUE = 1; } }`);
const Item = root.lookupType('shop.Item');
const bytes = Item.encode(
  Item.fromObject({
    name: 'hat',
    sizes: [1, -1, 300],
    prices: { eur: 9.5 },
    color: 'BLUE',
    big: '9007199254740993',
  }),
).finish();
console.log(Buffer.from(bytes).toString('hex'));
console.log(JSON.stringify(Item.toObject(Item.decode(bytes), { enums: String, longs: String })));
console.log(Item.verify({ name: 3 }), Item.create({ name: 'x' }) instanceof Item.ctor);
try {
  Item.decode(bytes.slice(0, -1));
} catch (error) {
  console.log(error.name, error.message);
}

const value = {
  a: [1, -1, 2 ** 40, 1.5, null],
  b: new Uint8Array([1, 2]),
  c: 'ünï',
  d: new Date(0),
};
console.log(Buffer.from(encode(value)).toString('hex'), decode(encode(value)));
const extensionCodec = new ExtensionCodec();
extensionCodec.register({
  type: 1,
  encode: (x) => (x instanceof Set ? encode([...x]) : null),
  decode: (data) => new Set(decode(data)),
});
console.log(
  new Decoder({ extensionCodec }).decode(new Encoder({ extensionCodec }).encode(new Set([1, 2]))),
);
