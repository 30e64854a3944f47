//! Rows of the floating-point and Advanced SIMD encodings: Arm ARM C4.1, "Data Processing -- Scalar Floating-Point and
//! Advanced SIMD". Bit 30 is Q, bit 29 is U; bits 23 and 22 are the size.

use super::{Row, row};
#[allow(clippy::enum_glob_use, reason = "a row is a pattern and a name")]
use crate::isa::Feature::*;

/// Half precision without vectors: `ftype` is 3. Conversions between half and the other precisions are older.
pub const SCALAR_HALF: &[Row] = &[
    // To and from fixed point, 64 and 32 bits.
    row("10011110 1100001x xxxxxxxx xxxxxxxx", Fp16),
    row("10011110 1101100x xxxxxxxx xxxxxxxx", Fp16),
    row("00011110 1100001x 1xxxxxxx xxxxxxxx", Fp16),
    row("00011110 1101100x 1xxxxxxx xxxxxxxx", Fp16),
    // To and from integers: FCVT by rounding mode; SCVTF to FMOV.
    row("x0011110 111xx00x 000000xx xxxxxxxx", Fp16),
    row("x0011110 11100x1x 000000xx xxxxxxxx", Fp16),
    row("x0011110 1110010x 000000xx xxxxxxxx", Fp16),
    // One source: FMOV to FSQRT; FRINTN to FRINTA; FRINTX, FRINTI.
    row("00011110 1110000x x10000xx xxxxxxxx", Fp16),
    row("00011110 11100100 x10000xx xxxxxxxx", Fp16),
    row("00011110 11100101 x10000xx xxxxxxxx", Fp16),
    row("00011110 11100110 010000xx xxxxxxxx", Fp16),
    row("00011110 11100111 x10000xx xxxxxxxx", Fp16),
    // Compare; immediate; conditional compare; two sources: FMUL to FMINNM, FNMUL; select; three sources.
    row("00011110 111xxxxx 001000xx xxxxx000", Fp16),
    row("00011110 111xxxxx xxx10000 000xxxxx", Fp16),
    row("00011110 111xxxxx xxxx01xx xxxxxxxx", Fp16),
    row("00011110 111xxxxx 0xxx10xx xxxxxxxx", Fp16),
    row("00011110 111xxxxx 100010xx xxxxxxxx", Fp16),
    row("00011110 111xxxxx xxxx11xx xxxxxxxx", Fp16),
    row("00011111 11xxxxxx xxxxxxxx xxxxxxxx", Fp16),
];

/// Half precision in vectors, and in the scalar forms of vector instructions.
pub const VECTOR_HALF: &[Row] = &[
    // Three same: FMAXNM, FMLA, FADD, FMULX, FCMEQ; FMAX, FRECPS.
    row("0x001110 x10xxxxx 0000x1xx xxxxxxxx", Fp16),
    row("0x001110 x10xxxxx 000101xx xxxxxxxx", Fp16),
    row("0x001110 010xxxxx 000111xx xxxxxxxx", Fp16),
    row("0x001110 010xxxxx 001001xx xxxxxxxx", Fp16),
    row("0x001110 x10xxxxx 0011x1xx xxxxxxxx", Fp16),
    // FMAXNMP, FADDP, FMUL, FCMGE, FACGE, FMAXP, FDIV; FMINNMP, FABD, FCMGT, FACGT, FMINP.
    row("0x101110 x10xxxxx 000001xx xxxxxxxx", Fp16),
    row("0x101110 x10xxxxx 000101xx xxxxxxxx", Fp16),
    row("0x101110 010xxxxx 000111xx xxxxxxxx", Fp16),
    row("0x101110 x10xxxxx 0010x1xx xxxxxxxx", Fp16),
    row("0x101110 x10xxxxx 001101xx xxxxxxxx", Fp16),
    row("0x101110 010xxxxx 001111xx xxxxxxxx", Fp16),
    // Scalar: FMULX, FCMEQ, FRECPS, FRSQRTS; FCMGE, FACGE, FABD, FCMGT, FACGT.
    row("01011110 010xxxxx 000111xx xxxxxxxx", Fp16),
    row("01011110 010xxxxx 001001xx xxxxxxxx", Fp16),
    row("01011110 x10xxxxx 001111xx xxxxxxxx", Fp16),
    row("01111110 x10xxxxx 0010x1xx xxxxxxxx", Fp16),
    row("01111110 110xxxxx 000101xx xxxxxxxx", Fp16),
    // Two registers: comparisons with zero, FABS and FNEG; FRINT*, FCVT*, SCVTF, UCVTF, FRECPE, FRSQRTE, FSQRT.
    row("0xx01110 11111000 110x10xx xxxxxxxx", Fp16),
    row("0x001110 11111000 111010xx xxxxxxxx", Fp16),
    row("0xx01110 11111000 111110xx xxxxxxxx", Fp16),
    row("0xx01110 01111001 10xx10xx xxxxxxxx", Fp16),
    row("0xx01110 01111001 110x10xx xxxxxxxx", Fp16),
    row("0xx01110 11111001 10x110xx xxxxxxxx", Fp16),
    row("0x001110 11111001 100010xx xxxxxxxx", Fp16),
    row("0xx01110 11111001 101010xx xxxxxxxx", Fp16),
    row("0xx01110 11111001 110110xx xxxxxxxx", Fp16),
    row("0x101110 11111001 111110xx xxxxxxxx", Fp16),
    // The same, scalar; FRECPX.
    row("01x11110 11111000 110x10xx xxxxxxxx", Fp16),
    row("01011110 11111000 111010xx xxxxxxxx", Fp16),
    row("01x11110 x1111001 101x10xx xxxxxxxx", Fp16),
    row("01x11110 01111001 110010xx xxxxxxxx", Fp16),
    row("01x11110 x1111001 110110xx xxxxxxxx", Fp16),
    row("01011110 11111001 111110xx xxxxxxxx", Fp16),
    // By element: FMLA, FMLS; FMUL and FMULX.
    row("0x001111 00xxxxxx 0x01x0xx xxxxxxxx", Fp16),
    row("0xx01111 00xxxxxx 1001x0xx xxxxxxxx", Fp16),
    row("01011111 00xxxxxx 0x01x0xx xxxxxxxx", Fp16),
    row("01x11111 00xxxxxx 1001x0xx xxxxxxxx", Fp16),
    // Across lanes and scalar pairs: FMAXNM and FMINNM, FMAX and FMIN; FADDP.
    row("0x001110 x0110000 110010xx xxxxxxxx", Fp16),
    row("0x001110 x0110000 111110xx xxxxxxxx", Fp16),
    row("01011110 x0110000 110010xx xxxxxxxx", Fp16),
    row("01011110 x0110000 111110xx xxxxxxxx", Fp16),
    row("01011110 00110000 110110xx xxxxxxxx", Fp16),
    // FMOV (immediate); SCVTF, UCVTF, FCVTZS, FCVTZU of fixed point.
    row("0x001111 00000xxx 111111xx xxxxxxxx", Fp16),
    row("0xx01111 0001xxxx 111001xx xxxxxxxx", Fp16),
    row("0xx01111 0001xxxx 111111xx xxxxxxxx", Fp16),
    row("01x11111 0001xxxx 111001xx xxxxxxxx", Fp16),
    row("01x11111 0001xxxx 111111xx xxxxxxxx", Fp16),
];

/// What later extensions add to Advanced SIMD.
pub const ADVANCED_SIMD: &[Row] = &[
    // SQRDMLAH, SQRDMLSH of halfwords and words: vectors, scalars, both by element.
    row("0x101110 010xxxxx 1000x1xx xxxxxxxx", Rdm),
    row("0x101110 100xxxxx 1000x1xx xxxxxxxx", Rdm),
    row("01111110 010xxxxx 1000x1xx xxxxxxxx", Rdm),
    row("01111110 100xxxxx 1000x1xx xxxxxxxx", Rdm),
    row("0x101111 01xxxxxx 11x1x0xx xxxxxxxx", Rdm),
    row("0x101111 10xxxxxx 11x1x0xx xxxxxxxx", Rdm),
    row("01111111 01xxxxxx 11x1x0xx xxxxxxxx", Rdm),
    row("01111111 10xxxxxx 11x1x0xx xxxxxxxx", Rdm),
    // SDOT, UDOT.
    row("0xx01110 100xxxxx 100101xx xxxxxxxx", DotProd),
    row("0xx01111 10xxxxxx 1110x0xx xxxxxxxx", DotProd),
    // USDOT, SUDOT; SMMLA, UMMLA, USMMLA.
    row("0x001110 100xxxxx 100111xx xxxxxxxx", I8mm),
    row("0x001111 x0xxxxxx 1111x0xx xxxxxxxx", I8mm),
    row("01x01110 100xxxxx 101001xx xxxxxxxx", I8mm),
    row("01001110 100xxxxx 101011xx xxxxxxxx", I8mm),
    // BFDOT, BFMMLA, BFMLALB and BFMLALT, by element too; BFCVTN, BFCVT.
    row("0x101110 010xxxxx 111111xx xxxxxxxx", Bf16),
    row("0x001111 01xxxxxx 1111x0xx xxxxxxxx", Bf16),
    row("01101110 010xxxxx 111011xx xxxxxxxx", Bf16),
    row("0x101110 110xxxxx 111111xx xxxxxxxx", Bf16),
    row("0x001111 11xxxxxx 1111x0xx xxxxxxxx", Bf16),
    row("0x001110 10100001 011010xx xxxxxxxx", Bf16),
    row("00011110 01100011 010000xx xxxxxxxx", Bf16),
    // FCMLA of halfwords and words, of doublewords; FCADD; FCMLA by element.
    row("0x101110 010xxxxx 110xx1xx xxxxxxxx", Fcma),
    row("0x101110 100xxxxx 110xx1xx xxxxxxxx", Fcma),
    row("01101110 110xxxxx 110xx1xx xxxxxxxx", Fcma),
    row("0x101110 010xxxxx 111x01xx xxxxxxxx", Fcma),
    row("0x101110 100xxxxx 111x01xx xxxxxxxx", Fcma),
    row("01101110 110xxxxx 111x01xx xxxxxxxx", Fcma),
    row("00101111 01xxxxxx 0xx100xx xxxxxxxx", Fcma),
    row("01101111 01xxxxxx 0xx1x0xx xxxxxxxx", Fcma),
    row("01101111 100xxxxx 0xx1x0xx xxxxxxxx", Fcma),
    // FMLAL, FMLSL; FMLAL2, FMLSL2; by element.
    row("0x001110 x01xxxxx 111011xx xxxxxxxx", Fhm),
    row("0x101110 x01xxxxx 110011xx xxxxxxxx", Fhm),
    row("0x001111 10xxxxxx 0x00x0xx xxxxxxxx", Fhm),
    row("0x101111 10xxxxxx 1x00x0xx xxxxxxxx", Fhm),
    // FJCVTZS.
    row("00011110 01111110 000000xx xxxxxxxx", Jscvt),
    // FRINT32Z, FRINT32X, FRINT64Z, FRINT64X: scalars of both precisions, vectors of words and of doublewords.
    row("00011110 0x101000 x10000xx xxxxxxxx", FrintTs),
    row("00011110 0x101001 x10000xx xxxxxxxx", FrintTs),
    row("0xx01110 00100001 111x10xx xxxxxxxx", FrintTs),
    row("01x01110 01100001 111x10xx xxxxxxxx", FrintTs),
    // FAMAX, FAMIN.
    row("0xx01110 110xxxxx 000111xx xxxxxxxx", FamInMax),
    row("0xx01110 101xxxxx 110111xx xxxxxxxx", FamInMax),
    row("01x01110 111xxxxx 110111xx xxxxxxxx", FamInMax),
    // LUTI2, LUTI4.
    row("01001110 100xxxxx 0xx100xx xxxxxxxx", Lut),
    row("01001110 110xxxxx 0xxx00xx xxxxxxxx", Lut),
    row("01001110 010xxxxx 0x1000xx xxxxxxxx", Lut),
    row("01001110 010xxxxx 0xx100xx xxxxxxxx", Lut),
    // FSCALE; FCVTN of half and of single precision; F1CVTL, F2CVTL, BF1CVTL, BF2CVTL.
    row("0x101110 110xxxxx 001111xx xxxxxxxx", Fp8),
    row("0x101110 101xxxxx 111111xx xxxxxxxx", Fp8),
    row("01101110 111xxxxx 111111xx xxxxxxxx", Fp8),
    row("0x001110 0x0xxxxx 111101xx xxxxxxxx", Fp8),
    row("0x101110 xx100001 011110xx xxxxxxxx", Fp8),
    // FMLALB, FMLALT; FMLALLBB to FMLALLTT; by element.
    row("0x001110 110xxxxx 111111xx xxxxxxxx", Fp8Fma),
    row("0x001110 0x0xxxxx 110001xx xxxxxxxx", Fp8Fma),
    row("0x001111 11xxxxxx 0000x0xx xxxxxxxx", Fp8Fma),
    row("0x101111 0xxxxxxx 1000x0xx xxxxxxxx", Fp8Fma),
    // FDOT into single and into half precision, by element.
    row("0x001110 000xxxxx 111111xx xxxxxxxx", Fp8Dot4),
    row("0x001111 00xxxxxx 0000x0xx xxxxxxxx", Fp8Dot4),
    row("0x001110 010xxxxx 111111xx xxxxxxxx", Fp8Dot2),
    row("0x001111 01xxxxxx 0000x0xx xxxxxxxx", Fp8Dot2),
];

/// AES, hashes and their Chinese counterparts.
pub const CRYPTOGRAPHY: &[Row] = &[
    // AESE, AESD, AESMC, AESIMC; PMULL of doublewords.
    row("01001110 00101000 01xx10xx xxxxxxxx", Aes),
    row("0x001110 111xxxxx 111000xx xxxxxxxx", Pmull),
    // SHA1C, SHA1P, SHA1M, SHA1SU0; SHA1H, SHA1SU1.
    row("01011110 000xxxxx 00xx00xx xxxxxxxx", Sha1),
    row("01011110 00101000 000x10xx xxxxxxxx", Sha1),
    // SHA256H, SHA256H2; SHA256SU1; SHA256SU0.
    row("01011110 000xxxxx 010x00xx xxxxxxxx", Sha256),
    row("01011110 000xxxxx 011000xx xxxxxxxx", Sha256),
    row("01011110 00101000 001010xx xxxxxxxx", Sha256),
    // SHA512H, SHA512H2; SHA512SU1; SHA512SU0.
    row("11001110 011xxxxx 10000xxx xxxxxxxx", Sha512),
    row("11001110 011xxxxx 100010xx xxxxxxxx", Sha512),
    row("11001110 11000000 100000xx xxxxxxxx", Sha512),
    // EOR3, BCAX; XAR; RAX1.
    row("11001110 00xxxxxx 0xxxxxxx xxxxxxxx", Sha3),
    row("11001110 100xxxxx xxxxxxxx xxxxxxxx", Sha3),
    row("11001110 011xxxxx 100011xx xxxxxxxx", Sha3),
    // SM3SS1; SM3TT1A to SM3TT2B; SM3PARTW1, SM3PARTW2.
    row("11001110 010xxxxx 0xxxxxxx xxxxxxxx", Sm3),
    row("11001110 010xxxxx 10xxxxxx xxxxxxxx", Sm3),
    row("11001110 011xxxxx 11000xxx xxxxxxxx", Sm3),
    // SM4EKEY; SM4E.
    row("11001110 011xxxxx 110010xx xxxxxxxx", Sm4),
    row("11001110 11000000 100001xx xxxxxxxx", Sm4),
];
