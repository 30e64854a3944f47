//! Profiles that ship with the program.

/// Name and TOML text of each built-in profile; the first is the default.
pub const BUILT_IN: &[(&str, &str)] = &[
    ("grid-arm64", include_str!("../../profiles/grid-arm64.toml")),
    ("generic-arm64", include_str!("../../profiles/generic-arm64.toml")),
    ("debian-12-arm64", include_str!("../../profiles/debian-12-arm64.toml")),
    ("android-16k", include_str!("../../profiles/android-16k.toml")),
];
