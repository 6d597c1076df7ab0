import FuzzDriver

fuzz { fuzzReader($0, $1) }
