import FuzzDriver

fuzz { fuzzTable($0, $1) }
