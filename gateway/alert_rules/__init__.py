"""The rules that alerts are judged by: what each may say, and which one applies where. Pure."""
