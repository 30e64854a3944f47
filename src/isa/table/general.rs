//! Rows outside the vector encodings: Arm ARM C4.1, "Branches, Exception Generating and System instructions", "Loads and
//! Stores", "Data Processing -- Immediate" and "-- Register".

use super::{Row, names_registers, pairs_up, row, row_if, streams_data};
#[allow(clippy::enum_glob_use, reason = "a row is a pattern and a name")]
use crate::isa::Feature::*;

/// Atomics, ordered accesses, block copies, tags.
pub const LOADS_AND_STORES: &[Row] = &[
    // Compare and swap; compare and swap pair.
    row("xx001000 1x1xxxxx x11111xx xxxxxxxx", Lse),
    row("0x001000 0x1xxxx0 x11111xx xxxxxxx0", Lse),
    // Atomic memory operations: LDADD to LDUMIN, SWP.
    row("xx111000 xx1xxxxx 0xxx00xx xxxxxxxx", Lse),
    row("xx111000 xx1xxxxx 100000xx xxxxxxxx", Lse),
    // LDLAR, STLLR.
    row("xx001000 1x0xxxxx 0xxxxxxx xxxxxxxx", Lor),
    // LDAPR.
    row("xx111000 10111111 110000xx xxxxxxxx", Lrcpc),
    // LDAPUR, STLUR and their sign-extending forms.
    row("xx011001 0x0xxxxx xxxx00xx xxxxxxxx", Lrcpc2),
    row("0x011001 1x0xxxxx xxxx00xx xxxxxxxx", Lrcpc2),
    row("10011001 100xxxxx xxxx00xx xxxxxxxx", Lrcpc2),
    // LDIAPP, STILP; LDAPR and STLR with write-back; LDAPUR and STLUR of vector registers; LDAP1, STL1.
    row("1x011001 0x0xxxxx 000x10xx xxxxxxxx", Lrcpc3),
    row("1x011001 1x000000 000010xx xxxxxxxx", Lrcpc3),
    row("xx011101 0x0xxxxx xxxx10xx xxxxxxxx", Lrcpc3),
    row("00011101 1x0xxxxx xxxx10xx xxxxxxxx", Lrcpc3),
    row("0x001101 0x000001 100001xx xxxxxxxx", Lrcpc3),
    // LDCLRP, LDSETP, SWPP.
    row_if("00011001 xx1xxxxx 000100xx xxxxxxxx", Lse128, names_registers),
    row_if("00011001 xx1xxxxx 001100xx xxxxxxxx", Lse128, names_registers),
    row_if("00011001 xx1xxxxx 100000xx xxxxxxxx", Lse128, names_registers),
    // RCWCAS, RCWCASP, RCWCLR, RCWSWP, RCWSET and their soft-failing forms; the pairs of the latter three.
    row("0x011001 xx1xxxxx 000010xx xxxxxxxx", The),
    row("0x011001 xx1xxxx0 000011xx xxxxxxx0", The),
    row("0x111000 xx1xxxxx 100100xx xxxxxxxx", The),
    row("0x111000 xx1xxxxx 101x00xx xxxxxxxx", The),
    row_if("0x011001 xx1xxxxx 100100xx xxxxxxxx", The, names_registers),
    row_if("0x011001 xx1xxxxx 101x00xx xxxxxxxx", The, names_registers),
    // ST64B, LD64B; ST64BV0; ST64BV.
    row_if("11111000 00111111 1x0100xx xxxxxxxx", Ls64, streams_data),
    row_if("11111000 001xxxxx 101000xx xxxxxxxx", Ls64Accdata, streams_data),
    row_if("11111000 001xxxxx 101100xx xxxxxxxx", Ls64V, streams_data),
    // LDRAA, LDRAB.
    row("11111000 xx1xxxxx xxxxx1xx xxxxxxxx", Pauth),
    // STG, STZG, ST2G, STZ2G in three addressing modes; LDG; the multiple forms; STGP.
    row("11011001 xx1xxxxx xxxx1xxx xxxxxxxx", Mte),
    row("11011001 xx1xxxxx xxxx01xx xxxxxxxx", Mte),
    row("11011001 011xxxxx xxxx00xx xxxxxxxx", Mte),
    row("11011001 00100000 000000xx xxxxxxxx", Mte),
    row("11011001 1x100000 000000xx xxxxxxxx", Mte),
    row("01101000 10xxxxxx xxxxxxxx xxxxxxxx", Mte),
    row("01101001 x0xxxxxx xxxxxxxx xxxxxxxx", Mte),
    // CPYF*, CPY*: three distinct registers. SET*, and SETG* that set tags too.
    row_if("00011x01 0x0xxxxx xxxx01xx xxxxxxxx", Mops, pairs_up),
    row_if("00011x01 100xxxxx xxxx01xx xxxxxxxx", Mops, pairs_up),
    row_if("00011x01 110xxxxx 0xxx01xx xxxxxxxx", Mops, pairs_up),
    row_if("00011x01 110xxxxx 10xx01xx xxxxxxxx", Mops, pairs_up),
    // GCSSTR, GCSSTTR.
    row("11011001 00011111 000x11xx xxxxxxxx", Gcs),
];

/// Branches, barriers, PSTATE and the system registers and operations that a program may use. The space of hints is
/// absent: PACIASP, BTI, CHKFEAT and the like execute as NOP on processors that do not know them.
pub const BRANCHES_AND_SYSTEM: &[Row] = &[
    // BC.cond.
    row("01010100 xxxxxxxx xxxxxxxx xxx1xxxx", Hbc),
    // BRAAZ, BLRAAZ; BRAA, BLRAA; RETAA; ERETAA, keys A and B each.
    row("11010110 00x11111 00001xxx xxx11111", Pauth),
    row("11010111 00x11111 00001xxx xxxxxxxx", Pauth),
    row("11010110 01011111 00001x11 11111111", Pauth),
    row("11010110 10011111 00001x11 11111111", Pauth),
    // RETAASPPC with a label or a register.
    row("01010101 00xxxxxx xxxxxxxx xxx11111", PauthLr),
    row("11010110 01011111 00001x11 111xxxxx", PauthLr),
    // TCANCEL, TSTART, TTEST, TCOMMIT.
    row("11010100 011xxxxx xxxxxxxx xxx00000", Tme),
    row("11010101 00100011 00110000 011xxxxx", Tme),
    row("11010101 00100011 00110001 011xxxxx", Tme),
    row("11010101 00000011 00110000 01111111", Tme),
    // WFET, WFIT.
    row("11010101 00000011 00010000 00xxxxxx", Wfxt),
    // SB; DSB with nXS.
    row("11010101 00000011 00110000 11111111", Sb),
    row("11010101 00000011 0011xx10 00111111", Xs),
    // CFINV; XAFLAG, AXFLAG.
    row("11010101 00000000 0100xxxx 00011111", FlagM),
    row("11010101 00000000 0100xxxx 00111111", FlagM2),
    row("11010101 00000000 0100xxxx 01011111", FlagM2),
    // MSR (immediate): SSBS, DIT, TCO; SVCR, which is SMSTART and SMSTOP.
    row("11010101 00000011 0100xxxx 00111111", Ssbs),
    row("11010101 00000011 0100xxxx 01011111", Dit),
    row("11010101 00000011 0100xxxx 10011111", Mte),
    row("11010101 00000011 0100xxxx 01111111", Sme),
    // MRS and MSR: RNDR, RNDRRS; DIT; SSBS; TCO; SVCR; TPIDR2_EL0; FPMR; GCSPR_EL0; CNTPCTSS_EL0, CNTVCTSS_EL0.
    row("11010101 00111011 00100100 00xxxxxx", Rng),
    row("11010101 00x11011 01000010 101xxxxx", Dit),
    row("11010101 00x11011 01000010 110xxxxx", Ssbs),
    row("11010101 00x11011 01000010 111xxxxx", Mte),
    row("11010101 00x11011 01000010 010xxxxx", Sme),
    row("11010101 00x11011 11010000 101xxxxx", Sme),
    row("11010101 00x11011 01000100 010xxxxx", Fpmr),
    row("11010101 00x11011 00100101 001xxxxx", Gcs),
    row("11010101 00111011 11100000 101xxxxx", Ecv),
    row("11010101 00111011 11100000 110xxxxx", Ecv),
    // DC CVAP; DC CVADP; DC GVA, GZVA; DC CGVAC to CIGDVAC, of tags alone and with data.
    row("11010101 00001011 01111100 001xxxxx", Dpb),
    row("11010101 00001011 01111101 001xxxxx", Dpb2),
    row("11010101 00001011 01110100 011xxxxx", Mte),
    row("11010101 00001011 01110100 100xxxxx", Mte),
    row("11010101 00001011 0111101x 011xxxxx", Mte),
    row("11010101 00001011 0111110x 011xxxxx", Mte),
    row("11010101 00001011 01111110 011xxxxx", Mte),
    row("11010101 00001011 0111101x 101xxxxx", Mte),
    row("11010101 00001011 0111110x 101xxxxx", Mte),
    row("11010101 00001011 01111110 101xxxxx", Mte),
    // CFP, DVP and CPP RCTX; COSP RCTX.
    row("11010101 00001011 01110011 10xxxxxx", Specres),
    row("11010101 00001011 01110011 111xxxxx", Specres),
    row("11010101 00001011 01110011 110xxxxx", Specres2),
    // SYSP; MRRS and MSRR, of registers that only systems have so far.
    row("11010101 01001xxx xxxxxxxx xxxxxxx0", D128),
    row("11010101 01001xxx xxxxxxxx xxx11111", D128),
    row("11010101 01x1xxxx xxxxxxxx xxxxxxx0", D128),
    // GCSPUSHM, GCSSS1; GCSPOPM, GCSSS2.
    row("11010101 00001011 01110111 0x0xxxxx", Gcs),
    row("11010101 00101011 01110111 001xxxxx", Gcs),
    row("11010101 00101011 01110111 011xxxxx", Gcs),
];

/// Arithmetic on general registers.
pub const DATA_PROCESSING: &[Row] = &[
    // CRC32 and CRC32C of bytes to words; of doublewords.
    row("00011010 110xxxxx 010x0xxx xxxxxxxx", Crc32),
    row("00011010 110xxxxx 010x10xx xxxxxxxx", Crc32),
    row("10011010 110xxxxx 010x11xx xxxxxxxx", Crc32),
    // RMIF; SETF8, SETF16.
    row("10111010 000xxxxx x00001xx xxx0xxxx", FlagM),
    row("00111010 00000000 0x0010xx xxx01101", FlagM),
    // PACIA to AUTDB; with a zero modifier; XPACI, XPACD; PACGA.
    row("11011010 11000001 000xxxxx xxxxxxxx", Pauth),
    row("11011010 11000001 001xxx11 111xxxxx", Pauth),
    row("11011010 11000001 01000x11 111xxxxx", Pauth),
    row("10011010 110xxxxx 001100xx xxxxxxxx", Pauth),
    // PACNBIASPPC, PACNBIBSPPC; PACIASPPC, PACIBSPPC; PACIA171615, AUTIA171615 and B; AUTIASPPCR, AUTIBSPPCR; AUTIASPPC, AUTIBSPPC with a label.
    row("11011010 11000001 10000x11 11111110", PauthLr),
    row("11011010 11000001 10100x11 11111110", PauthLr),
    row("11011010 11000001 10001x11 11111110", PauthLr),
    row("11011010 11000001 10111x11 11111110", PauthLr),
    row("11011010 11000001 10010xxx xxx11110", PauthLr),
    row("11110011 10xxxxxx xxxxxxxx xxx11111", PauthLr),
    // ADDG, SUBG; IRG, GMI; SUBP, SUBPS.
    row("1x010001 10xxxxxx xxxxxxxx xxxxxxxx", Mte),
    row("10011010 110xxxxx 00010xxx xxxxxxxx", Mte),
    row("10x11010 110xxxxx 000000xx xxxxxxxx", Mte),
    // SMAX to UMIN, immediate and register; ABS, CNT, CTZ.
    row("x0010001 1100xxxx xxxxxxxx xxxxxxxx", Cssc),
    row("x0011010 110xxxxx 0110xxxx xxxxxxxx", Cssc),
    row("x1011010 11000000 000110xx xxxxxxxx", Cssc),
    row("x1011010 11000000 000111xx xxxxxxxx", Cssc),
    row("x1011010 11000000 001000xx xxxxxxxx", Cssc),
    // ADDPT, SUBPT; MADDPT, MSUBPT.
    row("1x011010 000xxxxx 001xxxxx xxxxxxxx", Cpa),
    row("10011011 011xxxxx xxxxxxxx xxxxxxxx", Cpa),
];
