import FuzzDriver

fuzz(fuzzPolicy)
