//! The kernel's part: what execve(2) does with a file until the first instruction of user space.
