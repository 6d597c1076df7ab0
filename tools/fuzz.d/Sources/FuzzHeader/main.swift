import FuzzDriver

fuzz { fuzzHeader($0, $1) }
