// x
let = =
