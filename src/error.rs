//! Errors: each names the thing, the value seen, why it matters and what to do next, under a stable code.

use std::fmt;

/// The stable name of a kind of error, as printed in brackets and in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// No such path.
    InputMissing,
    /// The path exists but may not be read.
    InputUnreadable,
    /// The path is a directory.
    InputDirectory,
    /// The path is a FIFO, socket or device.
    InputSpecial,
    /// The file has no bytes.
    InputEmpty,
    /// The file does not start with the ELF magic.
    InputNotElf,
    /// The file ends inside its ELF or program headers.
    InputTruncated,
    /// The file changed, or its path led to another one, while it was read.
    InputChanged,
    /// The file is larger than [`crate::input::LIMIT`].
    InputTooLarge,
    /// The file is no image of a device's root, or a damaged one.
    ImageInvalid,
    /// The image ends inside one of its members.
    ImageTruncated,
    /// The image unpacks to more than [`crate::rootfs::LIMIT`].
    ImageTooLarge,
    /// The image has a format, compression or member that is recognised but not read.
    ImageUnsupported,
    /// No built-in profile and no file has that name.
    ProfileUnknown,
    /// The profile's text is not a profile.
    ProfileInvalid,
    /// No rule has that id.
    RuleUnknown,
    /// A list of digests has lines that are none, or no digests at all.
    DigestListInvalid,
    /// The text is no key, a damaged one, or one whose values are not valid.
    KeyInvalid,
    /// A key of a form or an algorithm that is recognised but not used.
    KeyUnsupported,
    /// A private key in a file that others than its owner may read or write.
    KeyExposed,
    /// A public key where a private one is needed, or the other way round.
    KeyKind,
    /// The text or file is no signature, whoever would have made it.
    SignatureInvalid,
    /// A file of that name exists and must not be replaced.
    OutputExists,
    /// The output is a directory.
    OutputDirectory,
    /// The output is a FIFO, socket or device.
    OutputSpecial,
    /// The directory of the output does not exist.
    OutputMissing,
    /// The output is the input.
    OutputSame,
    /// The output cannot be written.
    OutputFailed,
    /// Only 64-bit little-endian files are made smaller.
    SlimClass,
    /// Neither a program nor a shared object.
    SlimKind,
    /// The file contradicts itself or the specification.
    SlimDamaged,
    /// Its parts overlap or are numbered in a way that cannot be rewritten.
    SlimLayout,
    /// The file carries data that no header describes, or that nothing loads and nobody knows.
    SlimPayload,
    /// The identity of an SM2 key is missing, contradictory or unusable.
    KeyIdentity,
    /// The kernel gave no random numbers for a key.
    KeyRandom,
    /// Bytes that are nobody's signature.
    SignatureMalformed,
    /// A signature that is not this key's of these bytes.
    SignatureWrong,
    /// A file whose signature would be taken for one of something else.
    SignatureDomain,
    /// No signature could be made.
    SignatureFailed,
    /// A program that should sign cannot be started, fails, or is not done in time.
    SignerFailed,
    /// A program that should sign answers something else, or a signature that does not fit.
    SignerAnswer,
    /// No DSSE envelope.
    EnvelopeInvalid,
    /// Nothing in a bundle is about what is built.
    ExpectedNothing,
    /// A bundle states different bytes for what is built, or only one of several outputs is at hand.
    ExpectedSeveral,
    /// No derivation of Nix.
    DerivationInvalid,
    /// A derivation whose output paths depend on what is built.
    DerivationUnfixed,
    /// Nix's store is not the one whose files are at their paths.
    StoreForeign,
    /// A path that was in Nix's store is gone.
    StoreChanged,
    /// What is at a store path is not what Nix has recorded.
    StoreModified,
    /// What is at a store path is not what its recipe, its lock or its name says.
    ContentForged,
    /// A `flake.lock` that does not fit its `flake.nix`.
    LockOutdated,
    /// A source that changed between two readings.
    SourceMoved,
    /// A text that names no attribute.
    AttributeInvalid,
    /// Two builds of which one is not there to be compared.
    RebuildUncompared,
    /// A Nix that cannot build anything.
    NixBroken,
    /// A folder that others could exchange.
    PlaceUnsafe,
    /// An output that would be compared with itself.
    ExpectedItself,
    /// A program that has to be called is not there.
    HelperMissing,
    /// A program that was called failed.
    HelperFailed,
    /// The answer of a program that was called is not understood.
    HelperAnswer,
    /// A threshold of no keys, or of more than there are.
    ThresholdInvalid,
    /// The text is no trust store, or one that would count a signer twice.
    TrustInvalid,
    /// The text is no policy, or one that everything or nothing would satisfy.
    PolicyInvalid,
    /// The bundle has more bytes than [`crate::statement::bundle::LIMIT`] or more lines than its `LINES`.
    BundleTooLarge,
    /// A line of a bundle is longer than [`crate::statement::bundle::LINE`].
    BundleLineTooLong,
    /// The last line of a bundle ends in the middle, or has no end.
    BundleTruncated,
    /// A bundle of which not everything is judged or told, because hostile lines would cost too much.
    BundleCostly,
    /// A signature that says it is a trusted key's and is not.
    SignatureForged,
    /// A statement that lacks a digest which the policy demands.
    DigestMissing,
    /// A statement one of whose digests of a file is right and another wrong.
    DigestContradictory,
    /// A file that no statement names by all its digests.
    FileNotStated,
    /// A key that states two different outputs of one derivation.
    Equivocation,
    /// A trusted builder that states other bytes.
    Dissent,
    /// A trusted builder that could not build, where the policy lets that count.
    BuildFailed,
    /// Fewer organisations than the policy wants state these bytes.
    ThresholdNotMet,
    /// Statements about several derivations, where one is to be compared with.
    RecipeAmbiguous,
    /// An argument that names no file or output as something that may be stated.
    SubjectInvalid,
    /// A signed payload that is no rebuild statement, or one that contradicts itself.
    StatementInvalid,
    /// A statement of another type.
    StatementOther,
}

impl Code {
    /// The code as text, in kebab case.
    pub const fn as_str(self) -> &'static str {
        match self {
            Code::InputMissing => "input-missing",
            Code::InputUnreadable => "input-unreadable",
            Code::InputDirectory => "input-directory",
            Code::InputSpecial => "input-special",
            Code::InputEmpty => "input-empty",
            Code::InputNotElf => "input-not-elf",
            Code::InputTruncated => "input-truncated",
            Code::InputChanged => "input-changed",
            Code::InputTooLarge => "input-too-large",
            Code::ImageInvalid => "image-invalid",
            Code::ImageTruncated => "image-truncated",
            Code::ImageTooLarge => "image-too-large",
            Code::ImageUnsupported => "image-unsupported",
            Code::ProfileUnknown => "profile-unknown",
            Code::ProfileInvalid => "profile-invalid",
            Code::RuleUnknown => "rule-unknown",
            Code::DigestListInvalid => "digest-list-invalid",
            Code::KeyInvalid => "key-invalid",
            Code::KeyUnsupported => "key-unsupported",
            Code::KeyExposed => "key-exposed",
            Code::KeyKind => "key-kind",
            Code::SignatureInvalid => "signature-invalid",
            Code::OutputExists => "output-exists",
            Code::OutputDirectory => "output-directory",
            Code::OutputSpecial => "output-special",
            Code::OutputMissing => "output-missing",
            Code::OutputSame => "output-same",
            Code::OutputFailed => "output-failed",
            Code::SlimClass => "slim-class",
            Code::SlimKind => "slim-kind",
            Code::SlimDamaged => "slim-damaged",
            Code::SlimLayout => "slim-layout",
            Code::SlimPayload => "slim-payload",
            Code::KeyIdentity => "key-identity",
            Code::KeyRandom => "key-random",
            Code::SignatureMalformed => "signature-malformed",
            Code::SignatureWrong => "signature-wrong",
            Code::SignatureDomain => "signature-domain",
            Code::SignatureFailed => "signature-failed",
            Code::SignerFailed => "signer-failed",
            Code::SignerAnswer => "signer-answer",
            Code::EnvelopeInvalid => "envelope-invalid",
            Code::ExpectedNothing => "expected-nothing",
            Code::ExpectedSeveral => "expected-several",
            Code::DerivationInvalid => "derivation-invalid",
            Code::DerivationUnfixed => "derivation-unfixed",
            Code::StoreForeign => "store-foreign",
            Code::StoreChanged => "store-changed",
            Code::StoreModified => "store-modified",
            Code::ContentForged => "content-forged",
            Code::LockOutdated => "lock-outdated",
            Code::SourceMoved => "source-moved",
            Code::AttributeInvalid => "attribute-invalid",
            Code::RebuildUncompared => "rebuild-uncompared",
            Code::NixBroken => "nix-broken",
            Code::PlaceUnsafe => "place-unsafe",
            Code::ExpectedItself => "expected-itself",
            Code::HelperMissing => "helper-missing",
            Code::HelperFailed => "helper-failed",
            Code::HelperAnswer => "helper-answer",
            Code::ThresholdInvalid => "threshold-invalid",
            Code::TrustInvalid => "trust-invalid",
            Code::PolicyInvalid => "policy-invalid",
            Code::BundleTooLarge => "bundle-too-large",
            Code::BundleLineTooLong => "bundle-line-too-long",
            Code::BundleTruncated => "bundle-truncated",
            Code::BundleCostly => "bundle-costly",
            Code::SignatureForged => "signature-forged",
            Code::DigestMissing => "digest-missing",
            Code::DigestContradictory => "digest-contradictory",
            Code::FileNotStated => "file-not-stated",
            Code::Equivocation => "equivocation",
            Code::Dissent => "dissent",
            Code::BuildFailed => "build-failed",
            Code::ThresholdNotMet => "threshold-not-met",
            Code::RecipeAmbiguous => "recipe-ambiguous",
            Code::SubjectInvalid => "subject-invalid",
            Code::StatementInvalid => "statement-invalid",
            Code::StatementOther => "statement-other",
        }
    }
}

/// An error with its code and one line of text: a lowercase fragment without a final period.
#[derive(Clone, Debug)]
pub struct Error {
    /// Which kind of error.
    pub code: Code,
    /// The thing, what was seen, why it matters, what to do.
    pub message: String,
}

impl Error {
    /// An error of kind `code` that says `message`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }
}

/// Where several errors are told, one is a list too.
impl From<Error> for Vec<Error> {
    fn from(error: Error) -> Self {
        vec![error]
    }
}

/// Where one error is told, several are one: the code of the first, and what all of them say.
impl From<Vec<Error>> for Error {
    fn from(errors: Vec<Error>) -> Self {
        let code = errors.first().map_or(Code::InputUnreadable, |error| error.code);
        let messages: Vec<String> = errors.into_iter().map(|error| error.message).collect();
        Self::new(code, messages.join("; "))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}]: {}", self.code.as_str(), self.message)
    }
}

impl std::error::Error for Error {}
