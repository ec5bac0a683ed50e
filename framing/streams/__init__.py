"""What both orders of decoding share: where frames may start, the stream as it is cut, and who waits for more of it."""
