//! Bytes at offsets: a file of this machine that is not copied, or memory.
