//! The table of instructions against words chosen for each feature, and against LLVM's disassembler where there is one.

mod support;

use std::collections::BTreeMap;

use sarsen::elf::Image;
#[allow(clippy::enum_glob_use, reason = "a sample is a name and words")]
use sarsen::isa::Feature::{self, *};
use sarsen::isa::table::ALL;
use sarsen::isa::{feature_of, scan, survey};
use support::{Elf, llvm};

/// A feature, what LLVM calls it, an instruction of it, and a word next to that which is none: their difference is one
/// bit that a row decides by.
const SAMPLES: &[(Feature, &str, u32, u32)] = &[
    // crc32cb w0, w1, w2; csel w0, w1, w2, pl
    (Crc32, "+crc", 0x1ac2_5020, 0x1a82_5020),
    // casb w2, w0, [x1]; bic w0, w1, w2, asr #31
    (Lse, "+lse", 0x08a2_7c20, 0x0aa2_7c20),
    // stllrb w0, [x1]; stlrb w0, [x1]
    (Lor, "+lor", 0x0882_1020, 0x0882_9020),
    // sqrdmlah v0.4h, v1.4h, v2.4h; sub v0.4h, v1.4h, v2.4h
    (Rdm, "+rdm", 0x2e42_8420, 0x2e62_8420),
    // scvtf h0, x1, #0x3c; scvtf d0, x1, #0x3c
    (Fp16, "+fullfp16", 0x9ec2_1020, 0x9e42_1020),
    // dc cvap, x0; sys #0x3, c7, c8, #0x1, x0
    (Dpb, "+ccpp", 0xd50b_7c20, 0xd50b_7820),
    // aesd v0.16b, v1.16b; sqrshl v0.16b, v1.16b, v8.16b
    (Aes, "+aes", 0x4e28_5820, 0x4e28_5c20),
    // pmull v0.1q, v1.1d, v2.1d; unallocated
    (Pmull, "+aes", 0x0ee2_e020, 0x0ec2_e020),
    // sha1p q0, s1, v2.4s; ldr d0, 0x4224
    (Sha1, "+sha2", 0x5e02_1020, 0x5c02_1020),
    // sha256h2 q0, q1, v2.4s; ldr d0, 0x4a28
    (Sha256, "+sha2", 0x5e02_5020, 0x5c02_5020),
    // sha512h q0, q1, v2.2d; eon x0, x1, x2, lsr #32
    (Sha512, "+sha3", 0xce62_8020, 0xca62_8020),
    // eor3 v0.16b, v1.16b, v2.16b, v4.16b; eor x0, x1, x2, lsl #4
    (Sha3, "+sha3", 0xce02_1020, 0xca02_1020),
    // sm3ss1 v0.4s, v1.4s, v2.4s, v4.4s; eor x0, x1, x2, lsr #4
    (Sm3, "+sm4", 0xce42_1020, 0xca42_1020),
    // sm4ekey v0.4s, v1.4s, v2.4s; eon x0, x1, x2, lsr #50
    (Sm4, "+sm4", 0xce62_c820, 0xca62_c820),
    // fmlal v0.2s, v1.2h, v2.2h; fcmeq v0.2s, v1.2s, v2.2s
    (Fhm, "+fp16fml", 0x0e22_ec20, 0x0e22_e420),
    // ldraa x0, [x1, #0x108]; str x0, [x1], #0x21
    (Pauth, "+pauth", 0xf822_1420, 0xf802_1420),
    // fjcvtzs w0, d1; fccmp d1, d30, #0x0, eq
    (Jscvt, "+jsconv", 0x1e7e_0020, 0x1e7e_0420),
    // fcmla v0.4h, v1.4h, v2.4h, #180; ldnp s0, s21, [x1, #0x14]
    (Fcma, "+complxnum,+fullfp16", 0x2e42_d420, 0x2c42_d420),
    // ldaprb w0, [x1]; ldrsb x0, [x1, wzr, sxtw]
    (Lrcpc, "+rcpc", 0x38bf_c020, 0x38bf_c820),
    // stlurb w0, [x1, #0x21]; ldr w0, 0x4214
    (Lrcpc2, "+rcpc-immo", 0x1902_1020, 0x1802_1020),
    // sdot v0.2s, v1.8b, v2.8b; mla v0.2s, v1.2s, v2.2s
    (DotProd, "+dotprod", 0x0e82_9420, 0x0ea2_9420),
    // cfinv; msr S0_0_C5_C0_0, xzr
    (FlagM, "+flagm", 0xd500_401f, 0xd500_501f),
    // msr DIT, #0x0; msr S0_3_C5_C0_2, xzr
    (Dit, "+dit", 0xd503_405f, 0xd503_505f),
    // xaflag; msr S0_0_C5_C0_1, xzr
    (FlagM2, "+altnzcv", 0xd500_403f, 0xd500_503f),
    // frint32z s0, s1; fccmp s1, s8, #0x0, mi
    (FrintTs, "+fptoint", 0x1e28_4020, 0x1e28_4420),
    // sb; msr S0_3_C3_C4_7, xzr
    (Sb, "+sb", 0xd503_30ff, 0xd503_34ff),
    // msr SSBS, #0x0; msr S0_3_C5_C0_1, xzr
    (Ssbs, "+ssbs", 0xd503_403f, 0xd503_503f),
    // dc cvadp, x0; sys #0x3, c7, c9, #0x1, x0
    (Dpb2, "+ccdp", 0xd50b_7d20, 0xd50b_7920),
    // dvp rctx, x0; sys #0x3, c7, c7, #0x5, x0
    (Specres, "+predres", 0xd50b_73a0, 0xd50b_77a0),
    // mrs x0, RNDRRS; mrs x0, S3_3_C2_C0_1
    (Rng, "+rand", 0xd53b_2420, 0xd53b_2020),
    // stg x0, [x1, #0x210]; prfm pldl1keep, 0x4430c
    (Mte, "+mte", 0xd922_1820, 0xd822_1820),
    // mrs x0, CNTPCTSS_EL0; mrs x0, S3_3_C14_C4_5
    (Ecv, "+ecv", 0xd53b_e0a0, 0xd53b_e4a0),
    // bfdot v0.2s, v1.4h, v2.4h; ldnp s0, s31, [x1, #0x14]
    (Bf16, "+bf16", 0x2e42_fc20, 0x2c42_fc20),
    // usdot v0.2s, v1.8b, v2.8b; mul v0.2s, v1.2s, v2.2s
    (I8mm, "+i8mm", 0x0e82_9c20, 0x0ea2_9c20),
    // wfit x0; msr S0_3_C1_C4_1, x0
    (Wfxt, "+wfxt", 0xd503_1020, 0xd503_1420),
    // dsb oshnxs; hint #0x11
    (Xs, "+xs", 0xd503_323f, 0xd503_223f),
    // st64b x0, [x1]; stur x0, [x1, #-0x7]
    (Ls64, "+ls64", 0xf83f_9020, 0xf81f_9020),
    // st64bv x2, x0, [x1]; stur x0, [x1, #0x2b]
    (Ls64V, "+ls64", 0xf822_b020, 0xf802_b020),
    // st64bv0 x2, x0, [x1]; stur x0, [x1, #0x2a]
    (Ls64Accdata, "+ls64", 0xf822_a020, 0xf802_a020),
    // bc.eq 0x4204; adr x16, 0x420e
    (Hbc, "+hbc", 0x5402_1030, 0x5002_1030),
    // cpyfpwt [x0]!, [x2]!, x1!; ldr w0, 0x4294
    (Mops, "+mops,+mte", 0x1902_1420, 0x1802_1420),
    // smax w0, w1, #-0x7c; add w0, w1, #0x84, lsl #12
    (Cssc, "+cssc", 0x11c2_1020, 0x1142_1020),
    // cosp rctx, x0; sys #0x3, c7, c7, #0x6, x0
    (Specres2, "+specres2", 0xd50b_73c0, 0xd50b_77c0),
    // rcwcas x2, x0, [x1]; ldr w0, 0x44120
    (The, "+the,+d128", 0x1922_0820, 0x1822_0820),
    // sysp #0x2, c1, c0, #0x1, x0, x1; sys #0x2, c1, c0, #0x1, x0
    (D128, "+d128", 0xd54a_1020, 0xd50a_1020),
    // stilp w0, w2, [x1]; ldrsw x0, 0x4320
    (Lrcpc3, "+rcpc3", 0x9902_1820, 0x9802_1820),
    // ldclrp x0, x2, [x1]; ldr w0, 0x44220
    (Lse128, "+lse128", 0x1922_1020, 0x1822_1020),
    // tcancel #0x1081; hlt #0x1081
    (Tme, "+tme", 0xd462_1020, 0xd442_1020),
    // gcssttr x0, [x1]; prfm pldl1keep, 0x3e3b8
    (Gcs, "+gcs", 0xd91f_1c20, 0xd81f_1c20),
    // retaasppc …; sub wsp, w1, #0x84
    (PauthLr, "+pauth-lr", 0x5502_103f, 0x5102_103f),
    // addpt x0, x1, x2, lsl #4; csel x0, x1, x2, lo
    (Cpa, "+cpa", 0x9a02_3020, 0x9a82_3020),
    // famax v0.4h, v1.4h, v2.4h; orn v0.8b, v1.8b, v2.8b
    (FamInMax, "+faminmax", 0x0ec2_1c20, 0x0ee2_1c20),
    // luti2 v0.16b, { v1.16b }, v2[0]; uzp1 v0.4s, v1.4s, v2.4s
    (Lut, "+lut", 0x4e82_1020, 0x4e82_1820),
    // msr FPMR, x0; msr S3_3_C4_C0_2, x0
    (Fpmr, "+fp8", 0xd51b_4440, 0xd51b_4040),
    // fscale v0.4h, v1.4h, v2.4h; ldp s0, s15, [x1], #0x10
    (Fp8, "+fp8", 0x2ec2_3c20, 0x2cc2_3c20),
    // fmlalb v0.8h, v1.16b, v2.16b; unallocated
    (Fp8Fma, "+fp8fma", 0x0ec2_fc20, 0x0ec2_f420),
    // fdot v0.2s, v1.8b, v2.8b; frecps v0.2s, v1.2s, v2.2s
    (Fp8Dot4, "+fp8dot4", 0x0e02_fc20, 0x0e22_fc20),
    // fdot v0.4h, v1.8b, v2.8b; scvtf d0, w1, #0x1
    (Fp8Dot2, "+fp8dot2", 0x0e42_fc20, 0x1e42_fc20),
    // sdot z0.s, z1.b, z2.b; st4 { v0.16b, v1.16b, v2.16b, v3.16b }, [x1], x2
    (Sve, "+sve", 0x4482_0020, 0x4c82_0020),
    // whilege p0.b, x1, x2; stp s0, s4, [x1, #-0xf0]
    (Sve2, "+sve2", 0x2522_1020, 0x2d22_1020),
    // pmullb z0.q, z1.d, z2.d; unallocated
    (SveAes, "+sve2-aes", 0x4502_6820, 0x4702_6820),
    // bext z0.b, z1.b, z2.b; unallocated
    (SveBitPerm, "+sve2-bitperm", 0x4502_b020, 0x4702_b020),
    // rax1 z0.d, z1.d, z2.d; unallocated
    (SveSha3, "+sve2-sha3", 0x4522_f420, 0x4722_f420),
    // sm4ekey z0.s, z1.s, z2.s; unallocated
    (SveSm4, "+sve2-sm4", 0x4522_f020, 0x4722_f020),
    // smmla z0.s, z1.b, z2.b; unallocated
    (SveI8mm, "+sve,+i8mm", 0x4502_9820, 0x4702_9820),
    // bfdot z0.s, z1.h, z2.h; ldnp d0, d0, [x1, #-0x1d8]
    (SveBf16, "+sve,+bf16", 0x6462_8020, 0x6c62_8020),
    // fmmla z0.s, z1.s, z2.s; stp d0, d25, [x1], #-0x1d8
    (SveF32mm, "+f32mm", 0x64a2_e420, 0x6ca2_e420),
    // fmmla z0.d, z1.d, z2.d; ldp d0, d25, [x1], #-0x1d8
    (SveF64mm, "+f64mm", 0x64e2_e420, 0x6ce2_e420),
    // revd z0.q, p2/m, z1.q; b 0x4ba20a4
    (Sve2p1, "+sve2p1", 0x052e_8820, 0x152e_8820),
    // msr S0_3_C4_C0_3, xzr; msr S0_3_C5_C0_3, xzr
    (Sme, "+sme", 0xd503_407f, 0xd503_507f),
    // movaz z0.b, za0h.b[w12, 1]; stxr w2, x0, [x17]
    (Sme2, "+sme2", 0xc002_0220, 0xc802_0220),
    // fmopa za0.d, p0/m, p0/m, z0.d, z0.d; unallocated
    (SmeF64, "+sme-f64f64", 0x80c0_0000, 0x00c0_0000),
    // smopa za0.d, p0/m, p0/m, z0.h, z0.h; unallocated
    (SmeI64, "+sme-i16i64", 0xa0c0_0000, 0x20c0_0000),
];

#[test]
fn each_feature_has_its_word_and_not_the_one_beside_it() {
    for feature in Feature::ALL {
        assert!(SAMPLES.iter().any(|sample| sample.0 == *feature), "{feature:?} has no sample");
    }
    for (feature, _, word, neighbour) in SAMPLES {
        assert_eq!(feature_of(*word), Some(*feature), "{word:08x}");
        assert_eq!(feature_of(*neighbour), None, "{neighbour:08x}, beside {feature:?}");
        assert_eq!((word ^ neighbour).count_ones(), 1, "{feature:?}");
    }
}

#[test]
fn hints_are_no_instructions_of_later_features() {
    // PACIASP, AUTIASP, PACIAZ, XPACLRI, PACIA1716, BTI, BTI c, DGH, CSDB, CHKFEAT X16, CLRBHB, ESB.
    for word in [
        0xd503_233f,
        0xd503_23bf,
        0xd503_231f,
        0xd503_20ff,
        0xd503_211f,
        0xd503_241f,
        0xd503_245f,
        0xd503_20df,
        0xd503_229f,
        0xd503_251f,
        0xd503_22df,
        0xd503_221f,
    ] {
        assert_eq!(feature_of(word), None, "{word:08x}");
    }
}

#[test]
fn scanning_finds_what_looking_up_finds() {
    let words: Vec<u32> = random().take(200_000).chain(SAMPLES.iter().map(|sample| sample.2)).collect();
    let mut bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    // A rest of three bytes is no word.
    bytes.extend([0x20, 0x7c, 0xa2]);
    let mut found = Vec::new();
    scan(&bytes, |offset, word, feature| found.push((offset / 4, word, feature)));
    let slow =
        words.iter().enumerate().filter_map(|(number, word)| Some((number, *word, feature_of(*word)?)));
    assert!(slow.eq(found), "scan and feature_of disagree");
}

#[test]
fn every_row_is_needed() {
    let rows: Vec<_> = ALL.iter().flat_map(|group| group.iter()).collect();
    for (index, row) in rows.iter().enumerate() {
        let first = |word: &u32| rows.iter().position(|row| row.matches(*word)) == Some(index);
        let mut words = random().map(|word| word & !row.pattern.mask | row.pattern.value);
        assert!(words.by_ref().take(4000).any(|word| first(&word)), "row {index}: {row:x?} never decides");
    }
}

#[test]
fn texts_and_tables_in_executable_memory_are_not_code() {
    let code = |tail: &[u32]| Elf::with(|e| e.code.extend(tail));
    let text = b"the quick red fox jumped over the end of the lazy dog and ended beside the old shed. ";
    let letters: Vec<u32> = text.chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap())).collect();
    let numbers: Vec<u32> = random().take(240).collect();
    for data in [letters, numbers] {
        let file = code(&data);
        let seen = survey(&Image::parse(&file, "fixture").unwrap());
        let counted: u64 = seen.used.values().map(|usage| usage.count).sum();
        let doubted: u64 = seen.used.values().map(|usage| usage.among_data).sum();
        assert_eq!(counted, 0, "{:?}", seen.used);
        assert!(doubted > 0, "the data must hold words that could be instructions");
    }
}

#[test]
fn any_bytes_can_be_looked_through() {
    let good = Elf::default().bytes();
    let mut random = random();
    for _ in 0..3000 {
        let mut file = good.clone();
        for _ in 0..=random.next().unwrap() % 8 {
            // Headers decide where code is: change them more often than the rest.
            let at =
                random.next().unwrap() as usize % [0x300, file.len()][random.next().unwrap() as usize % 2];
            file[at] = random.next().unwrap() as u8;
        }
        file.truncate(0x300 + random.next().unwrap() as usize % (file.len() - 0x300));
        if let Ok(image) = Image::parse(&file, "fixture") {
            survey(&image);
            sarsen::isa::sign(&image);
        }
    }
}

#[test]
fn llvm_agrees() {
    let Some(llvm) = llvm::Disassembler::find() else {
        support::skip("there is no llvm-objdump of version 19 or later");
        return;
    };
    // Random words, and of each row words that match and words that differ in one bit.
    let mut noise = random();
    let mut words: Vec<u32> = noise.by_ref().take(300_000).collect();
    for row in ALL.iter().flat_map(|group| group.iter()) {
        for word in noise.by_ref().take(160) {
            let own = word & !row.pattern.mask | row.pattern.value;
            words.extend([own, own ^ 1 << (word >> 7 & 31)]);
        }
    }
    words.sort_unstable();
    words.dedup();
    let old = llvm.accepts(&words, "+v8a");
    let all = llvm.accepts(&words, "+all");
    let mut ours: BTreeMap<Feature, Vec<(u32, bool)>> = BTreeMap::new();
    for ((word, old), all) in words.iter().zip(old).zip(all) {
        match feature_of(*word) {
            // System instructions have a general form that every assembler accepts.
            Some(feature) => {
                assert!(!old || word >> 22 == 0x354, "{word:08x} is old, not {feature:?}");
                ours.entry(feature).or_default().push((*word, all));
            }
            // MRRS and MSRR have bit 20 set; LLVM does not ask for it.
            None => assert!(old || !all || word & 0xffd0_0000 == 0xd540_0000, "{word:08x} is missing"),
        }
    }
    for (feature, words) in ours {
        let attribute = SAMPLES.iter().find(|sample| sample.0 == feature).unwrap().1;
        // The rows of scalable instructions take unallocated words too, and the last ones newer editions.
        let is_newest = matches!(feature, Sve2p1 | Sme2);
        let words: Vec<u32> = words.iter().filter(|w| w.1 || !feature.is_scalable()).map(|w| w.0).collect();
        let accepted = llvm.accepts(&words, if is_newest { "+all" } else { attribute });
        for (word, accepted) in words.iter().zip(accepted) {
            assert!(accepted, "{word:08x} is not accepted with {attribute}, so not of {feature:?}");
        }
    }
}

/// Words without a pattern, the same in each run (xorshift).
fn random() -> impl Iterator<Item = u32> {
    let mut state = 0x9e37_79b9_7f4a_7c15u64;
    std::iter::repeat_with(move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 32) as u32
    })
}
