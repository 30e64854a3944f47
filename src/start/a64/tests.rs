//! Instructions one at a time, against what qemu-aarch64 7.2 answered for the same registers.

use super::{Cpu, Flags};

/// x0 to x3 before each instruction, as `ldr x0, =…` set them; of the flags, only the carry is set.
const BEFORE: [u64; 4] = [0x1111222233334444, 0x8123456789abcdef, 0x00000000f00d0015, 0x0fedcba987654321];

/// The instruction, its encoding by GNU as, and x0 and the flags (NZCV, four bits) after it.
#[rustfmt::skip]
const AFTER: &[(&str, u32, u64, u8)] = &[
    ("add x0, x1, x2", 0x8b020020, 0x8123456879b8ce04, 0x2),
    ("adds x0, x1, x2, lsl #3", 0xab020c20, 0x8123456f0a13ce97, 0x8),
    ("subs w0, w1, w2", 0x6b020020, 0x00000000999ecdda, 0x8),
    ("sub x0, x1, w2, sxtw #2", 0xcb22c820, 0x81234567c977cd9b, 0x2),
    ("add x0, x1, w2, uxtb", 0x8b220020, 0x8123456789abce04, 0x2),
    ("adds x0, x1, #0xfff, lsl #12", 0xb17ffc20, 0x812345678aabbdef, 0x8),
    ("subs x0, x1, #1", 0xf1000420, 0x8123456789abcdee, 0xa),
    ("cmn w1, #1", 0x3100043f, 0x1111222233334444, 0x8),
    ("and x0, x1, #0xff00ff00ff00ff00", 0x92089c20, 0x810045008900cd00, 0x2),
    ("orr w0, w1, #0x7e", 0x321f1420, 0x0000000089abcdff, 0x2),
    ("eor x0, x1, x2, ror #17", 0xcac24420, 0x0129c56789abb5e9, 0x2),
    ("bics w0, w1, w2, asr #5", 0x6aa21420, 0x00000000002b85ef, 0x0),
    ("orn x0, x1, x2, lsr #60", 0xaa62f020, 0xffffffffffffffff, 0x2),
    ("movn x0, #0x1234, lsl #16", 0x92a24680, 0xffffffffedcbffff, 0x2),
    ("movz w0, #0xffff, lsl #16", 0x52bfffe0, 0x00000000ffff0000, 0x2),
    ("movk x0, #0xbeef, lsl #32", 0xf2d7dde0, 0x1111beef33334444, 0x2),
    ("ubfx x0, x1, #12, #20", 0xd34c7c20, 0x0000000000089abc, 0x2),
    ("sbfx x0, x1, #40, #24", 0x9368fc20, 0xffffffffff812345, 0x2),
    ("bfi x0, x1, #8, #16", 0xb3783c20, 0x1111222233cdef44, 0x2),
    ("bfxil w0, w1, #4, #9", 0x33043020, 0x00000000333344de, 0x2),
    ("lsl x0, x1, #7", 0xd379e020, 0x91a2b3c4d5e6f780, 0x2),
    ("asr w0, w2, #3", 0x13037c40, 0x00000000fe01a002, 0x2),
    ("ubfiz w0, w1, #20, #12", 0x530c2c20, 0x00000000def00000, 0x2),
    ("sxtb x0, w1", 0x93401c20, 0xffffffffffffffef, 0x2),
    ("extr x0, x1, x2, #13", 0x93c23420, 0x6f78000000078068, 0x2),
    ("ror w0, w1, #9", 0x13812420, 0x00000000f7c4d5e6, 0x2),
    ("lsl x0, x1, x2", 0x9ac22020, 0xacf13579bde00000, 0x2),
    ("lsr w0, w1, w2", 0x1ac22420, 0x000000000000044d, 0x2),
    ("asr x0, x1, x2", 0x9ac22820, 0xfffffc091a2b3c4d, 0x2),
    ("ror x0, x1, x2", 0x9ac22c20, 0x5e6f7c091a2b3c4d, 0x2),
    ("udiv x0, x1, x2", 0x9ac20820, 0x0000000089b7c33b, 0x2),
    ("sdiv w0, w1, w2", 0x1ac20c20, 0x0000000000000007, 0x2),
    ("sdiv x0, x1, xzr", 0x9adf0c20, 0x0000000000000000, 0x2),
    ("madd x0, x1, x2, x3", 0x9b020c20, 0x3f258bf157a027bc, 0x2),
    ("msub w0, w1, w2, w3", 0x1b028c20, 0x00000000b72a5e86, 0x2),
    ("smull x0, w1, w2", 0x9b227c20, 0x075f40d0d03ae49b, 0x2),
    ("umsubl x0, w1, w2, x3", 0x9ba28c20, 0x8ed5bcd4b72a5e86, 0x2),
    ("smulh x0, x1, x2", 0x9b427c20, 0xffffffff890a9fd1, 0x2),
    ("umulh x0, x1, x2", 0x9bc27c20, 0x0000000079179fe6, 0x2),
    ("adcs x0, x1, x2", 0xba020020, 0x8123456879b8ce05, 0x8),
    ("sbcs w0, w1, w2", 0x7a020020, 0x00000000999ecdda, 0x8),
    ("csel x0, x1, x2, ge", 0x9a82a020, 0x8123456789abcdef, 0x2),
    ("csinc w0, w1, w2, eq", 0x1a820420, 0x00000000f00d0016, 0x2),
    ("csinv x0, x1, x2, lo", 0xda823020, 0xffffffff0ff2ffea, 0x2),
    ("csneg x0, x1, x2, hi", 0xda828420, 0x8123456789abcdef, 0x2),
    ("ccmp x1, x2, #5, ne", 0xfa421025, 0x1111222233334444, 0xa),
    ("ccmp w1, #21, #10, lt", 0x7a55b82a, 0x1111222233334444, 0xa),
    ("ccmn x1, #3, #15, vs", 0xba43682f, 0x1111222233334444, 0xf),
    ("rbit x0, x1", 0xdac00020, 0xf7b3d591e6a2c481, 0x2),
    ("rbit w0, w1", 0x5ac00020, 0x00000000f7b3d591, 0x2),
    ("rev x0, x1", 0xdac00c20, 0xefcdab8967452381, 0x2),
    ("rev w0, w1", 0x5ac00820, 0x00000000efcdab89, 0x2),
    ("rev32 x0, x1", 0xdac00820, 0x67452381efcdab89, 0x2),
    ("rev16 w0, w1", 0x5ac00420, 0x00000000ab89efcd, 0x2),
    ("clz x0, x2", 0xdac01040, 0x0000000000000020, 0x2),
    ("clz w0, w2", 0x5ac01040, 0x0000000000000000, 0x2),
];

#[test]
fn instructions_do_what_qemu_does() {
    for &(text, word, x0, nzcv) in AFTER {
        let mut cpu = Cpu::new(0, 0);
        cpu.x[..4].copy_from_slice(&BEFORE);
        cpu.flags = Flags { c: true, ..Flags::default() };
        let done = if super::bits(word, 25, 4) & 0b1110 == 0b1000 {
            cpu.immediate(word, 0)
        } else {
            cpu.register(word)
        };
        assert_eq!(done, Ok(()), "{text}");
        let Flags { n, z, c, v } = cpu.flags;
        let flags = u8::from(n) << 3 | u8::from(z) << 2 | u8::from(c) << 1 | u8::from(v);
        assert_eq!((cpu.x[0], flags), (x0, nzcv), "{text}: {:#x}, {flags:#x}", cpu.x[0]);
    }
}
