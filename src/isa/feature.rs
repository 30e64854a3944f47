//! The features of the A64 instruction set: what the Arm ARM, Linux and the architecture versions call them.

use super::Version;

/// What is known of one feature.
struct Facts {
    arm: &'static str,
    linux: &'static [&'static str],
    since: Option<Version>,
}

/// One line a feature: its name here, in the Arm ARM, in /proc/cpuinfo, and the first version that has it always.
macro_rules! features {
    ($($(#[$doc:meta])* $name:ident $arm:literal [$($linux:literal)*] $($major:literal . $minor:literal)?;)*) => {
        /// An extension of the A64 instruction set that introduces instructions.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Feature { $($(#[$doc])* $name,)* }

        impl Feature {
            /// Every feature.
            pub const ALL: &[Self] = &[$(Self::$name,)*];

            const fn facts(self) -> Facts {
                match self {
                    $(Self::$name => Facts {
                        arm: $arm,
                        linux: &[$($linux,)*],
                        since: features!(@since $($major $minor)?),
                    },)*
                }
            }
        }
    };
    (@since $major:literal $minor:literal) => { Some(Version { major: $major, minor: $minor }) };
    (@since) => { None };
}

// Sources: Arm ARM DDI 0487, A2 "Armv8-A Architecture Extensions" and "Armv9-A …"; Linux arch/arm64/kernel/cpuinfo.c,
// hwcap_str. SVE2 counts as part of Armv9.0 as it does for GCC's and LLVM's -march=armv9-a.
features! {
    /// CRC32 checksums.
    Crc32 "FEAT_CRC32" ["crc32"] 8 . 1;
    /// Atomic read-modify-write instructions.
    Lse "FEAT_LSE" ["atomics"] 8 . 1;
    /// Ordering within limited regions.
    Lor "FEAT_LOR" [] 8 . 1;
    /// Rounding doubling multiply-accumulate.
    Rdm "FEAT_RDM" ["asimdrdm"] 8 . 1;
    /// Half-precision arithmetic.
    Fp16 "FEAT_FP16" ["fphp" "asimdhp"];
    /// Cache clean to the point of persistence.
    Dpb "FEAT_DPB" ["dcpop"] 8 . 2;
    /// AES rounds.
    Aes "FEAT_AES" ["aes"];
    /// Polynomial multiplication of 64-bit words.
    Pmull "FEAT_PMULL" ["pmull"];
    /// SHA-1.
    Sha1 "FEAT_SHA1" ["sha1"];
    /// SHA-256.
    Sha256 "FEAT_SHA256" ["sha2"];
    /// SHA-512.
    Sha512 "FEAT_SHA512" ["sha512"];
    /// SHA-3.
    Sha3 "FEAT_SHA3" ["sha3"];
    /// SM3.
    Sm3 "FEAT_SM3" ["sm3"];
    /// SM4.
    Sm4 "FEAT_SM4" ["sm4"];
    /// Half-precision multiply-accumulate into single precision.
    Fhm "FEAT_FHM" ["asimdfhm"];
    /// Pointer authentication, outside the space of hints.
    Pauth "FEAT_PAuth" ["paca" "pacg"] 8 . 3;
    /// Conversion as JavaScript does it.
    Jscvt "FEAT_JSCVT" ["jscvt"] 8 . 3;
    /// Complex arithmetic.
    Fcma "FEAT_FCMA" ["fcma"] 8 . 3;
    /// Load-acquire with weaker ordering.
    Lrcpc "FEAT_LRCPC" ["lrcpc"] 8 . 3;
    /// The same with offsets.
    Lrcpc2 "FEAT_LRCPC2" ["ilrcpc"] 8 . 4;
    /// Dot products of bytes.
    DotProd "FEAT_DotProd" ["asimddp"] 8 . 4;
    /// Condition flag manipulation.
    FlagM "FEAT_FlagM" ["flagm"] 8 . 4;
    /// Data-independent timing.
    Dit "FEAT_DIT" ["dit"] 8 . 4;
    /// Conversion of condition flags.
    FlagM2 "FEAT_FlagM2" ["flagm2"] 8 . 5;
    /// Rounding to 32 and 64-bit integers.
    FrintTs "FEAT_FRINTTS" ["frint"] 8 . 5;
    /// Speculation barrier.
    Sb "FEAT_SB" ["sb"] 8 . 5;
    /// Speculative store bypass control.
    Ssbs "FEAT_SSBS2" ["ssbs"] 8 . 5;
    /// Cache clean to the point of deep persistence.
    Dpb2 "FEAT_DPB2" ["dcpodp"] 8 . 5;
    /// Prediction invalidation.
    Specres "FEAT_SPECRES" [] 8 . 5;
    /// Random numbers.
    Rng "FEAT_RNG" ["rng"];
    /// Memory tagging.
    Mte "FEAT_MTE" ["mte"];
    /// Self-synchronising counters.
    Ecv "FEAT_ECV" ["ecv"] 8 . 6;
    /// BFloat16.
    Bf16 "FEAT_BF16" ["bf16"] 8 . 6;
    /// Matrix multiplication of bytes.
    I8mm "FEAT_I8MM" ["i8mm"] 8 . 6;
    /// Waiting with a time-out.
    Wfxt "FEAT_WFxT" ["wfxt"] 8 . 7;
    /// Barriers with the nXS qualifier.
    Xs "FEAT_XS" [] 8 . 7;
    /// 64-byte loads and stores.
    Ls64 "FEAT_LS64" ["ls64"];
    /// 64-byte stores with a result.
    Ls64V "FEAT_LS64_V" ["ls64_v"];
    /// 64-byte stores with data of the system.
    Ls64Accdata "FEAT_LS64_ACCDATA" [];
    /// Hinted conditional branches.
    Hbc "FEAT_HBC" ["hbc"] 8 . 8;
    /// Memory copy and set.
    Mops "FEAT_MOPS" ["mops"] 8 . 8;
    /// Common short sequences.
    Cssc "FEAT_CSSC" ["cssc"] 8 . 9;
    /// More prediction invalidation.
    Specres2 "FEAT_SPECRES2" [] 8 . 9;
    /// Translation hardening.
    The "FEAT_THE" [];
    /// System registers of 128 bits.
    D128 "FEAT_D128" [];
    /// More load-acquire and store-release.
    Lrcpc3 "FEAT_LRCPC3" ["lrcpc3"];
    /// Atomic instructions on 128 bits.
    Lse128 "FEAT_LSE128" ["lse128"];
    /// Transactional memory.
    Tme "FEAT_TME" [];
    /// Guarded control stack.
    Gcs "FEAT_GCS" ["gcs"];
    /// Pointer authentication that includes the program counter.
    PauthLr "FEAT_PAuth_LR" [];
    /// Checked pointer arithmetic.
    Cpa "FEAT_CPA" [] 9 . 5;
    /// Maximum and minimum of absolute values.
    FamInMax "FEAT_FAMINMAX" ["faminmax"] 9 . 5;
    /// Table lookup.
    Lut "FEAT_LUT" ["lut"] 9 . 5;
    /// The register of floating-point modes.
    Fpmr "FEAT_FPMR" ["fpmr"];
    /// Conversions of 8-bit floating point.
    Fp8 "FEAT_FP8" ["f8cvt"];
    /// Multiply-accumulate of 8-bit floating point.
    Fp8Fma "FEAT_FP8FMA" ["f8fma"];
    /// Four-way dot products of 8-bit floating point.
    Fp8Dot4 "FEAT_FP8DOT4" ["f8dp4"];
    /// Two-way dot products of 8-bit floating point.
    Fp8Dot2 "FEAT_FP8DOT2" ["f8dp2"];
    /// Scalable vectors.
    Sve "FEAT_SVE" ["sve"] 9 . 0;
    /// Scalable vectors, second edition.
    Sve2 "FEAT_SVE2" ["sve2"] 9 . 0;
    /// AES and polynomial multiplication of scalable vectors.
    SveAes "FEAT_SVE_AES" ["sveaes" "svepmull"];
    /// Bit permutation of scalable vectors.
    SveBitPerm "FEAT_SVE_BitPerm" ["svebitperm"];
    /// SHA-3 of scalable vectors.
    SveSha3 "FEAT_SVE_SHA3" ["svesha3"];
    /// SM4 of scalable vectors.
    SveSm4 "FEAT_SVE_SM4" ["svesm4"];
    /// Matrix multiplication of bytes in scalable vectors.
    SveI8mm "FEAT_I8MM for SVE" ["svei8mm"] 9 . 1;
    /// BFloat16 in scalable vectors.
    SveBf16 "FEAT_BF16 for SVE" ["svebf16"] 9 . 1;
    /// Matrix multiplication of single precision.
    SveF32mm "FEAT_F32MM" ["svef32mm"];
    /// Matrix multiplication of double precision.
    SveF64mm "FEAT_F64MM" ["svef64mm"];
    /// Scalable vectors, edition 2.1 and later.
    Sve2p1 "FEAT_SVE2p1" ["sve2p1"] 9 . 4;
    /// Matrices.
    Sme "FEAT_SME" ["sme"];
    /// Matrices of double precision.
    SmeF64 "FEAT_SME_F64F64" ["smef64f64"];
    /// Matrices of 64-bit integers.
    SmeI64 "FEAT_SME_I16I64" ["smei16i64"];
    /// Matrices, second edition and later.
    Sme2 "FEAT_SME2" ["sme2"];
}

/// What Linux prints among the features of a processor, though it introduces no instruction that is told apart here:
/// part of every Armv8.0, properties of older instructions, hints, or qualities of SVE and SME.
const WITHOUT_INSTRUCTIONS: &[&str] = &[
    "fp", "asimd", "evtstrm", "cpuid", "uscat", "dgh", "bti", "mte3", "afp", "rpres", "ebf16", "rprfm", "poe",
];

impl Feature {
    /// Its name in the Arm ARM, such as `FEAT_LSE`.
    pub const fn arm_name(self) -> &'static str {
        self.facts().arm
    }

    /// Its names in the "Features" line of /proc/cpuinfo, such as `atomics`; none if Linux prints none.
    pub const fn linux_names(self) -> &'static [&'static str] {
        self.facts().linux
    }

    /// The first architecture version that always has it, if one does.
    pub const fn since(self) -> Option<Version> {
        self.facts().since
    }

    /// The name for people: as profiles spell it, or the Arm ARM's where Linux has none.
    pub fn name(self) -> &'static str {
        self.linux_names().first().copied().unwrap_or(self.arm_name())
    }

    /// Whether its instructions are in the encoding spaces of scalable vectors and matrices.
    pub fn is_scalable(self) -> bool {
        self >= Self::Sve
    }

    /// Whether `name` means this feature: one of Linux's names or the Arm ARM's.
    pub fn is_called(self, name: &str) -> bool {
        self.arm_name() == name || self.linux_names().contains(&name)
    }
}

/// Every name that a profile may use for a feature, including those that stand for no instruction.
pub fn names() -> impl Iterator<Item = &'static str> {
    let own = Feature::ALL.iter().flat_map(|f| f.linux_names().iter().copied().chain([f.arm_name()]));
    own.chain(WITHOUT_INSTRUCTIONS.iter().copied())
}
