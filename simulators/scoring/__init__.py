"""What a method believed, held against what was true: the metrics of the benchmark and how sure they are. Pure."""
