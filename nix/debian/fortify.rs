//! glibc's fortified spellings of two stdio functions, for objects that were compiled against glibc and are linked with
//! musl. `flag` and `size` only serve glibc's own checks; a `va_list` of AAPCS64 is passed by reference.
#![no_std]

use core::ffi::{c_char, c_int, c_void};

unsafe extern "C" {
    fn vfprintf(stream: *mut c_void, format: *const c_char, args: *mut c_void) -> c_int;
    fn vsnprintf(s: *mut c_char, n: usize, format: *const c_char, args: *mut c_void) -> c_int;
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __vfprintf_chk(
    stream: *mut c_void,
    _flag: c_int,
    format: *const c_char,
    args: *mut c_void,
) -> c_int {
    unsafe { vfprintf(stream, format, args) }
}

#[unsafe(no_mangle)]
unsafe extern "C" fn __vsnprintf_chk(
    s: *mut c_char,
    n: usize,
    _flag: c_int,
    _size: usize,
    format: *const c_char,
    args: *mut c_void,
) -> c_int {
    unsafe { vsnprintf(s, n, format, args) }
}
