import FuzzDriver

fuzz { fuzzLedger($0, $1) }
